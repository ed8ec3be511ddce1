"""`/schedules`: made, shown, changed, paused, run and deleted over HTTP."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import pointers, problem
from jobs.models import Event, Job, Schedule
from jobs.models.moments import seconds_ago
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import allow, make_user
from jobs.tests.scheduling import due_schedule, fire, jobs_of, make_schedule, stored

pytestmark = pytest.mark.django_db

ALL = ("view_schedule", "add_schedule", "change_schedule", "delete_schedule", "run_schedule")
ID = "01890000-0000-7000-8000-000000000000"

ASKED: dict[str, Any] = {
    "name": "daily-report",
    "type": "tests.note",
    "payload": {"text": "a", "secret": "hunter2"},
    "cron": "0 7 * * MON-FRI",
    "timezone": "Europe/Berlin",
    "queue": "bulk",
    "priority": 7,
    "missed": "skip",
    "overlap": "hold",
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": None,
    "paused": False,
}


@pytest.fixture
def planner(db: None) -> User:
    """May do everything with schedules."""
    return allow(make_user(username="rose"), *ALL)


@pytest.fixture
def api(planner: User) -> APIClient:
    """Calls as the planner."""
    return client_of(planner)


def test_a_schedule_is_made_and_shown(api: APIClient) -> None:
    response = api.post("/schedules", ASKED)
    assert response.status_code == 201, response.content
    body = response.json()
    assert response["Location"] == f"/schedules/{body['id']}"
    assert {name: body[name] for name in ASKED if name != "payload"} == {
        name: value for name, value in ASKED.items() if name != "payload"
    }
    assert body["payload"] == {"text": "a", "secret": "********"}
    assert body["description"] == "At 07:00 from Monday to Friday (Europe/Berlin)."
    assert (body["last_fired_at"], body["failures"], body["error"]) == (None, 0, None)
    assert body["created_by"] == "rose"
    moments = [datetime.fromisoformat(one) for one in body["next_fire_times"]]
    assert len(moments) == 5
    assert moments == sorted(moments)
    first = body["next_fires"][0]
    assert first["utc"] == body["next_fire_times"][0]
    assert first["local"][11:16] == "07:00"
    assert api.get(f"/schedules/{body['id']}/").json() == body
    assert api.get("/schedules").json()["results"] == [body]


def test_what_is_left_out_or_null_has_a_default(api: APIClient) -> None:
    asked = {"name": "a", "type": "tests.note", "payload": {"text": "a"}, "every_seconds": 300}
    nothing = dict.fromkeys(("cron", "timezone", "queue", "priority", "missed", "overlap"))
    for number, more in enumerate(({}, nothing)):
        body = api.post("/schedules", {**asked, **more, "name": f"n{number}"}).json()
        assert (body["every_seconds"], body["cron"], body["timezone"]) == (300, None, "UTC")
        assert (body["missed"], body["overlap"], body["paused"]) == ("once", "allow", False)
        assert (body["queue"], body["priority"]) == ("default", None)


@pytest.mark.parametrize("rule", [{"every_seconds": 300}, {"cron": "0 7 * * *"}])
def test_the_first_moment_of_all_is_a_start(api: APIClient, rule: dict[str, Any]) -> None:
    asked = {"name": "a", "type": "tests.note", "payload": {"text": "a"}, **rule}
    answer = api.post("/schedules", {**asked, "starts_at": "0001-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["starts_at"]) == (201, "0001-01-01T00:00:00Z")
    assert len(answer.json()["next_fire_times"]) == 5


@pytest.mark.parametrize(
    ("changes", "code", "pointer", "said"),
    [
        ({"cron": "0 7 * *"}, "invalid_schedule", "/cron", "has 4 fields"),
        ({"cron": "0 0 30 2 *"}, "invalid_schedule", "/cron", "never fires"),
        ({"cron": "61 * * * *"}, "invalid_schedule", "/cron", "0 to 59, as in"),
        ({"cron": None}, "invalid_schedule", "/cron", '"every_seconds": 300'),
        ({"every_seconds": 5}, "invalid_schedule", "/cron", "one of them"),
        ({"cron": None, "every_seconds": 0.5}, "invalid_schedule", "/every_seconds", "for example"),
        ({"cron": None, "every_seconds": -1}, "invalid_schedule", "/every_seconds", "for example"),
        ({"cron": None, "every_seconds": 10**400}, "invalid_schedule", "/every_seconds", "366"),
        ({"cron": None, "every_seconds": "5"}, "invalid", "/every_seconds", "number"),
        ({"cron": None, "every_seconds": True}, "invalid", "/every_seconds", "number"),
        ({"timezone": "Mars"}, "invalid_schedule", "/timezone", "Europe/Berlin"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "invalid_schedule", "/ends_at", "before it starts"),
        ({"ends_at": "2026-01-02T00:00:00Z"}, "invalid_schedule", "/ends_at", "never fires"),
        ({"starts_at": "2026-01-01"}, "invalid", "/starts_at", "time zone"),
        ({"starts_at": "9999-01-01T00:00:00Z"}, "invalid_schedule", "/starts_at", "3660 days"),
        ({"type": "tests.noot"}, "unknown_job_type", "/type", "did you mean tests.note"),
        ({"payload": {}}, "invalid_payload", "/payload/text", "required"),
        ({"payload": []}, "invalid", "/payload", "JSON object"),
        ({"queue": "bulks"}, "unknown_queue", "/queue", "did you mean bulk"),
        ({"priority": 10}, "invalid", "/priority", "9"),
        ({"missed": "never"}, "invalid", "/missed", "never"),
        ({"overlap": 3}, "invalid", "/overlap", "3"),
        ({"priority": "7"}, "invalid", "/priority", "whole number"),
        ({"paused": "yes"}, "invalid", "/paused", "true or false"),
        ({"paused": 1}, "invalid", "/paused", "true or false"),
        ({"missed": True}, "invalid", "/missed", "valid choice"),
        ({"timezone": 7}, "invalid", "/timezone", ""),
        ({"cron": 7}, "invalid", "/cron", ""),
        ({"name": 7}, "invalid", "/name", ""),
        ({"name": ""}, "invalid", "/name", "blank"),
        ({"name": "a\nb"}, "invalid_schedule", "/name", "daily-report"),
        ({"crom": "x"}, "invalid", "/crom", "known are"),
    ],
)
def test_what_makes_no_sense_is_refused(
    api: APIClient, changes: dict[str, Any], code: str, pointer: str, said: str
) -> None:
    body = problem(api.post("/schedules", {**ASKED, **changes}), 400, code)
    assert [error["pointer"] for error in body["errors"]] == [pointer]
    assert said in body["errors"][0]["detail"]
    assert not Schedule.objects.exists()


def test_a_name_that_is_taken_is_a_conflict(api: APIClient) -> None:
    schedule = make_schedule(name="daily-report")
    problem(api.post("/schedules", ASKED), 409, "name_taken")
    other = make_schedule()
    problem(api.patch(f"/schedules/{other.pk}", {"name": schedule.name}), 409, "name_taken")


def test_a_change(api: APIClient) -> None:
    schedule = make_schedule()
    body = api.patch(
        f"/schedules/{schedule.pk}", {"cron": "@hourly", "timezone": "Asia/Tokyo", "paused": True}
    ).json()
    assert (body["cron"], body["every_seconds"], body["paused"]) == ("@hourly", None, True)
    assert body["description"] == "Every hour at minute 0 (Asia/Tokyo)."
    event = Event.objects.get(action="schedule.changed")
    assert event.actor_name == "rose"
    assert event.request_id
    refused = api.patch(f"/schedules/{schedule.pk}", {"payload": {"text": 1, "x": []}, "type": "x"})
    problem(refused, 400, "unknown_job_type")
    problem(api.patch(f"/schedules/{schedule.pk}", {"id": ID}), 400, "invalid")
    problem(api.put(f"/schedules/{schedule.pk}", ASKED), 405, "method_not_allowed")


def test_a_secret_that_comes_back_masked_is_kept(api: APIClient) -> None:
    path = api.post("/schedules", ASKED).json()["links"]["self"]
    payload = api.get(path).json()["payload"]
    api.patch(path, {"payload": {**payload, "text": "b"}})
    assert Schedule.objects.get().payload == {"text": "b", "secret": "hunter2"}
    api.patch(path, {"payload": {"text": "b", "secret": "changed"}})
    assert Schedule.objects.get().payload["secret"] == "changed"


@pytest.mark.parametrize("change", [{}, {"payload": {"text": "b", "secret": "********"}}])
def test_another_type_shows_no_secret_of_the_former_one(
    api: APIClient, change: dict[str, Any]
) -> None:
    path = api.post("/schedules", ASKED)["Location"]

    refused = api.patch(path, {**change, "type": "tests.told"})  # which masks nothing

    assert pointers(problem(refused, 400, "invalid_payload")) == {"/payload/secret"}
    assert Schedule.objects.get().type == "tests.note"
    assert api.patch(path, {**change, "type": "tests.note_once"}).status_code == 200
    assert Schedule.objects.get().payload["secret"] == "hunter2"
    given = {"type": "tests.told", "payload": {"text": "b", "secret": "swordfish"}}
    assert api.patch(path, given).json()["payload"]["secret"] == "swordfish"


def test_pause_resume_run_and_delete(api: APIClient) -> None:
    schedule = make_schedule()
    links = api.get(f"/schedules/{schedule.pk}").json()["links"]
    paused = api.post(links["pause"], {"reason": "audit"}).json()
    assert paused["paused"] is True
    assert len(paused["next_fire_times"]) == 5  # if it were resumed
    assert "pause" not in paused["links"]
    assert Event.objects.get(action="schedule.paused").reason == "audit"
    assert api.post(paused["links"]["resume"]).json()["paused"] is False
    run = api.post(links["run"])
    assert run.status_code == 202
    assert run["Location"] == f"/jobs/{run.json()['id']}"
    assert api.delete(links["self"]).status_code == 204
    problem(api.get(links["self"]), 404, "not_found")
    assert Job.objects.get().schedule_id == schedule.pk
    assert Event.objects.filter(actor_name="rose", subject_id=str(schedule.pk)).count() == 4


def test_a_reason_must_be_text(api: APIClient) -> None:
    schedule = make_schedule()
    senseless: list[Any] = [[], 7, "x" * 1_001]
    for reason in senseless:
        problem(api.post(f"/schedules/{schedule.pk}/pause", {"reason": reason}), 400, "invalid")
    problem(api.post(f"/schedules/{schedule.pk}/pause", []), 400, "invalid")
    assert api.post(f"/schedules/{schedule.pk}/pause", {"reason": None}).status_code == 200
    problem(api.post(f"/schedules/{schedule.pk}/pause", {"raeson": "x"}), 400, "invalid")


def test_what_it_has_made_is_listed(api: APIClient, planner: User) -> None:
    schedule = due_schedule(created_by_id=planner.pk)
    due_schedule(created_by_id=planner.pk)
    assert fire() == 2
    [job] = jobs_of(schedule)
    body = api.get(f"/schedules/{schedule.pk}").json()
    assert body["last_fired_at"] is not None
    listed = api.get(body["links"]["jobs"]).json()["results"]
    assert [(one["id"], one["schedule"]) for one in listed] == [(str(job.pk), str(schedule.pk))]
    assert api.get(f"/jobs?schedule={schedule.pk}&state=dead").json()["results"] == []
    assert api.get(f"/jobs?schedule={ID}").json()["results"] == []
    problem(api.get("/jobs?schedule=daily"), 400, "invalid")


def test_the_jobs_of_others_take_the_permission_to_see_them(
    api: APIClient, staff_api: APIClient
) -> None:
    schedule = due_schedule()
    fire()
    assert api.get(f"/jobs?schedule={schedule.pk}").json()["results"] == []
    assert len(staff_api.get(f"/jobs?schedule={schedule.pk}").json()["results"]) == 1


def test_a_schedule_that_makes_no_job_says_so(api: APIClient) -> None:
    schedule = due_schedule()
    Schedule.objects.filter(pk=schedule.pk).update(type="gone")
    fire()
    body = api.get(f"/schedules/{schedule.pk}").json()
    assert body["failures"] == 1
    assert "'gone' any more" in body["error"]
    assert body["queue"] is None
    problem(api.post(f"/schedules/{schedule.pk}/run"), 409, "schedule_broken")


def test_what_code_declares_says_so_and_cannot_be_changed(api: APIClient) -> None:
    schedule = make_schedule()
    Schedule.objects.update(declared_in="shop.jobs.report", declared_at=seconds_ago(1))
    path = f"/schedules/{schedule.pk}"
    assert api.get(path).json()["declared_in"] == "shop.jobs.report"
    refused = problem(api.patch(path, {"priority": 9}), 409, "declared_in_code")
    assert "shop.jobs.report, and code wins" in refused["detail"]
    problem(api.delete(path), 409, "declared_in_code")
    assert api.post(f"{path}/pause").json()["paused"] is True
    assert api.patch(path, {"paused": False}).json()["paused"] is False


def test_filters(api: APIClient) -> None:
    one, other = make_schedule(name="a", queue="bulk"), make_schedule(paused=True)

    def ids(query: str) -> list[str]:
        return [row["id"] for row in api.get(f"/schedules?{query}").json()["results"]]

    assert ids("") == [str(other.pk), str(one.pk)]
    assert ids("name=a") == ids("queue=bulk") == ids("paused=false") == [str(one.pk)]
    assert ids("paused=true") == [str(other.pk)]
    assert ids("type=gone") == []
    assert len(ids("limit=1")) == 1
    for senseless in ("color=red", "paused=maybe", "paused=true&paused=false", "limit=0"):
        problem(api.get(f"/schedules?{senseless}"), 400, "invalid")
    problem(api.get(f"/schedules/{one.pk}?x=1"), 400, "invalid")
    problem(api.post("/schedules?x=1", ASKED), 400, "invalid")


CALLS = [
    ("get", "/schedules", "view"),
    ("get", f"/schedules/{ID}", "view"),
    ("post", "/schedules", "add"),
    ("patch", f"/schedules/{ID}", "change"),
    ("post", f"/schedules/{ID}/pause", "change"),
    ("post", f"/schedules/{ID}/resume", "change"),
    ("post", f"/schedules/{ID}/run", "run"),
    ("delete", f"/schedules/{ID}", "delete"),
]


@pytest.mark.parametrize(("method", "path", "verb"), CALLS)
def test_each_call_takes_its_permission(
    anonymous: APIClient, method: str, path: str, verb: str
) -> None:
    problem(getattr(anonymous, method)(path), 401, "not_authenticated")
    others = [name for name in ALL if name != f"{verb}_schedule"]
    client = client_of(allow(make_user(is_staff=True), *others))
    refused = problem(getattr(client, method)(path), 403, "permission_denied")
    assert f"jobs.{verb}_schedule" in refused["detail"]


@pytest.mark.parametrize("pk", [ID, "7", "x" * 300])
def test_a_schedule_that_is_not_there(api: APIClient, pk: str) -> None:
    for call in (api.get, api.patch, api.delete):
        problem(call(f"/schedules/{pk}"), 404, "not_found")
    for decision in ("pause", "resume", "run"):
        problem(api.post(f"/schedules/{pk}/{decision}"), 404, "not_found")


def test_a_list_takes_as_many_queries_for_many_as_for_one(
    api: APIClient,
    planner: User,
    django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:
    make_schedule(created_by_id=planner.pk)
    api.get("/schedules")
    with django_assert_max_num_queries(9) as few:
        api.get("/schedules")
    for _ in range(5):
        make_schedule(created_by_id=make_user().pk)
    with django_assert_num_queries(len(few)):
        api.get("/schedules")


def test_daylight_saving_is_noted(api: APIClient) -> None:
    schedule = make_schedule(
        cron="30 2 * * *", timezone="Europe/Berlin", starts_at=next_spring() - timedelta(days=1)
    )
    fires = api.get(f"/schedules/{schedule.pk}").json()["next_fires"]
    assert "does not exist" in fires[1]["note"]
    assert fires[1]["local"].endswith("T03:00:00+02:00")
    assert stored(schedule).next_fire_at is not None


def next_spring() -> datetime:
    """A moment before the last Sunday in March at which the clocks go forward in Europe."""
    spring = datetime.fromisoformat("2027-03-28T00:00:00+00:00")
    while spring < datetime.now(spring.tzinfo) + timedelta(days=2):
        spring = spring.replace(year=spring.year + 1, day=31)
        spring -= timedelta(days=(spring.weekday() + 1) % 7)
    return spring


def test_what_is_called_when_its_jobs_have_ended(api: APIClient, settings: Settings) -> None:
    settings.JOBS_HTTP_ALLOWED_HOSTS = ["hooks.example.com"]
    url = "https://hooks.example.com/ended"
    refused = api.post("/schedules", {**ASKED, "callback_url": "https://elsewhere.example.com"})
    assert (refused.status_code, pointers(refused.json())) == (400, {"/callback_url"})
    made = api.post("/schedules", {**ASKED, "callback_url": url})
    assert (made.status_code, made.json()["callback_url"]) == (201, url)
    path = made.json()["links"]["self"]
    refused = api.patch(path, {"callback_url": "https://elsewhere.example.com"})
    assert (refused.status_code, pointers(refused.json())) == (400, {"/callback_url"})
    assert api.patch(path, {"callback_url": None}).json()["callback_url"] is None
