"""`GET /jobs` and `GET /failedJobs`: filters, members, links, and the time that a list may take."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import pointers, problem
from jobs.api.shared import page_response
from jobs.models import DeadLetter, Job, Queue
from jobs.tests.api.conftest import MakeDeadLetter, client_of
from jobs.tests.factories import make_job, make_user
from jobs.tests.locks import held_elsewhere
from jobs.tests.steps import claim_one, succeed

pytestmark = pytest.mark.django_db


def ids(api: APIClient, path: str) -> set[str]:
    response = api.get(path)
    assert response.status_code == 200, response.content
    return {row["id"] for row in response.json()["results"]}


def named(*jobs: Any) -> set[str]:
    return {str(job.pk) for job in jobs}


def test_several_states(api: APIClient, user: User) -> None:
    queued, running, done = (make_job(submitted_by_id=user.pk) for _ in range(3))
    claim_one(running)
    succeed(done)

    assert ids(api, "/jobs?state=queued,running") == named(queued, running)
    assert ids(api, "/jobs?state=succeeded") == named(done)
    for wrong, code in (("queued,lost", "unknown"), ("queued,queued", "repeated"), ("", "unknown")):
        body = problem(api.get(f"/jobs?state={wrong}"), 400, "invalid")
        assert pointers(body) == {"/state"}
        assert [one["code"] for one in body["errors"]] == [code]


@pytest.mark.parametrize("states", ["state=queued,running", "state=queued&state=running"])
def test_several_values_come_with_commas_or_one_by_one(
    api: APIClient, user: User, states: str
) -> None:
    queued, running, done = (make_job(submitted_by_id=user.pk) for _ in range(3))
    claim_one(running)
    succeed(done)

    page = api.get(f"/jobs?{states}&fields=id&fields=state&limit=1").json()
    assert page["results"] == [{"id": str(running.pk), "state": "running"}]
    assert api.get(page["next"]).json()["results"] == [{"id": str(queued.pk), "state": "queued"}]


def test_what_has_one_value_is_given_once_and_no_value_twice(api: APIClient) -> None:
    for query, name in (("limit=1&limit=2", "limit"), ("state=dead&state=dead", "state")):
        body = problem(api.get(f"/jobs?{query}"), 400, "invalid")
        assert pointers(body) == {f"/{name}"}
        assert [one["code"] for one in body["errors"]] == ["repeated"]


def test_key_and_schedule(api: APIClient, user: User, staff_api: APIClient) -> None:
    keyed = make_job(submitted_by_id=user.pk, idempotency_key="order-1")
    scheduled = make_job(submitted_by_id=user.pk)
    schedule = uuid4()
    Job.objects.filter(pk=scheduled.pk).update(schedule_id=schedule)

    assert ids(api, "/jobs?key=order-1") == named(keyed)
    assert ids(api, f"/jobs?schedule={schedule}") == named(scheduled)
    assert ids(api, "/jobs?key=order-2") == set()


def test_dead_letters_by_key_and_schedule_of_their_job(
    staff_api: APIClient, make_dead_letter: MakeDeadLetter
) -> None:
    one, other = make_dead_letter(idempotency_key="order-1"), make_dead_letter()
    schedule = uuid4()
    Job.objects.filter(pk=other.job_id).update(schedule_id=schedule)

    assert ids(staff_api, "/failedJobs?key=order-1") == named(one)
    assert ids(staff_api, f"/failedJobs?schedule={schedule}") == named(other)


def test_several_resolutions(staff_api: APIClient, make_dead_letter: MakeDeadLetter) -> None:
    waiting, replayed, discarded = (make_dead_letter() for _ in range(3))
    for letter, resolution in ((replayed, "replayed"), (discarded, "discarded")):
        DeadLetter.objects.filter(pk=letter.pk).update(
            resolution=resolution, resolved_at=letter.created_at
        )

    assert ids(staff_api, "/failedJobs?resolution=waiting,replayed") == named(waiting, replayed)


@pytest.mark.parametrize("path", ["/jobs", "/failedJobs"])
def test_time_ranges(staff_api: APIClient, make_dead_letter: MakeDeadLetter, path: str) -> None:
    letters = [make_dead_letter() for _ in range(3)]
    model: Any = Job if path == "/jobs" else DeadLetter
    keys = [letter.job_id if path == "/jobs" else letter.pk for letter in letters]
    now = datetime.now(UTC)
    for hours, key in enumerate(keys):  # within what the clocks of two machines may differ
        model.objects.filter(pk=key).update(created_at=now - timedelta(minutes=10 * hours))

    def found(**limits: datetime) -> list[int]:
        query = "&".join(f"{name}={quote(moment.isoformat())}" for name, moment in limits.items())
        return sorted(keys.index(type(keys[0])(one)) for one in ids(staff_api, f"{path}?{query}"))

    minute = timedelta(minutes=1)
    assert found(created_after=now - 11 * minute) == [0, 1]
    assert found(created_before=now - 9 * minute) == [1, 2]
    assert found(created_after=now - 15 * minute, created_before=now - 5 * minute) == [1]
    assert found(created_after=now - 10 * minute) == [0, 1]
    assert found(created_before=now - 10 * minute) == [2]
    assert found(created_before=datetime(1999, 1, 1, tzinfo=UTC)) == []
    assert found(created_after=datetime(9999, 12, 31, 23, 59, tzinfo=UTC)) == []
    problem(staff_api.get(f"{path}?created_after=2026-01-01"), 400, "invalid")


def test_fingerprints(staff_api: APIClient, make_dead_letter: MakeDeadLetter) -> None:
    one, again, other = (
        make_dead_letter(),
        make_dead_letter(),
        make_dead_letter(type="tests.note_once"),
    )
    assert one.fingerprint == again.fingerprint != other.fingerprint
    shown = staff_api.get(f"/failedJobs/{one.pk}").json()["fingerprint"]
    assert shown == one.fingerprint

    assert ids(staff_api, f"/failedJobs?fingerprint={shown}") == named(one, again)
    assert ids(staff_api, f"/jobs?fingerprint={shown}") == {str(one.job_id), str(again.job_id)}
    assert ids(staff_api, f"/jobs?fingerprint={'0' * 16}") == set()
    for path in ("/jobs", "/failedJobs"):
        problem(staff_api.get(f"{path}?fingerprint=nope"), 400, "invalid")


def test_a_dead_letter_from_before_has_no_fingerprint(
    staff_api: APIClient, make_dead_letter: MakeDeadLetter
) -> None:
    letter = make_dead_letter()
    DeadLetter.objects.update(fingerprint="")

    assert staff_api.get(f"/failedJobs/{letter.pk}").json()["fingerprint"] is None


def test_the_submitter_takes_the_right(
    api: APIClient, staff_api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    mine = make_dead_letter(submitted_by_id=user.pk)
    other = make_user()
    theirs = make_dead_letter(submitted_by_id=other.pk)

    for path, of in (("/jobs", "job_id"), ("/failedJobs", "pk")):
        right = "jobs.view_job" if path == "/jobs" else "jobs.view_deadletter"
        own, foreign = {str(getattr(mine, of))}, {str(getattr(theirs, of))}
        assert ids(api, f"{path}?submitted_by={user.username}") == own
        body = problem(api.get(f"{path}?submitted_by={other.username}"), 403, "permission_denied")
        assert right in body["detail"]
        problem(api.get(f"{path}?submitted_by=nobody"), 403, "permission_denied")
        assert ids(staff_api, f"{path}?submitted_by={other.username}") == foreign
        unknown = problem(staff_api.get(f"{path}?submitted_by=nobody"), 400, "invalid")
        assert pointers(unknown) == {"/submitted_by"}


@pytest.mark.parametrize("path", ["/jobs", "/failedJobs"])
def test_unknown_types_and_queues_are_refused_with_close_names(api: APIClient, path: str) -> None:
    body = problem(api.get(f"{path}?type=tests.notee"), 400, "unknown_job_type")
    assert "did you mean tests.note" in body["detail"]
    assert pointers(body) == {"/type"}
    body = problem(api.get(f"{path}?queue=defualt"), 400, "unknown_queue")
    assert "did you mean default?" in body["detail"]


def test_a_queue_that_left_the_setting_is_known(api: APIClient) -> None:
    Queue.objects.create(name="former")

    assert ids(api, "/jobs?queue=former") == set()


@pytest.mark.parametrize("path", ["/jobs", "/failedJobs", "/schedules"])
def test_members_are_chosen(path: str, make_dead_letter: MakeDeadLetter) -> None:
    api = client_of(make_user(is_superuser=True))
    make_dead_letter(payload={"text": "hello", "seconds": 0})
    api.post(
        "/schedules",
        {"name": "s", "every_seconds": 60, "type": "tests.note", "payload": {"text": "x"}},
    )
    [whole] = api.get(path).json()["results"]

    for names in (["id"], ["type", "id"], ["payload"], list(whole)):
        [row] = api.get(f"{path}?fields={','.join(names)}").json()["results"]
        assert row == {name: whole[name] for name in names}
        assert list(row) == names

    body = problem(api.get(f"{path}?fields=id,colour"), 400, "invalid")
    assert pointers(body) == {"/fields"}
    assert "payload" in body["detail"]


def test_what_is_not_asked_for_is_not_read(
    staff_api: APIClient, make_dead_letter: MakeDeadLetter
) -> None:
    make_dead_letter()
    for path, heavy in (
        ("/jobs?fields=id,state,links", ["payload", "errors"]),
        ("/failedJobs?fields=id", ["payload", "attempts"]),
    ):
        with CaptureQueriesContext(connection) as queries:
            assert staff_api.get(path).status_code == 200
        sql = " ".join(one["sql"] for one in queries)
        assert not [column for column in heavy if f'"{column}"' in sql]


def test_links_to_the_pages_beside(api: APIClient, user: User) -> None:
    for _ in range(3):
        make_job(submitted_by_id=user.pk)

    first = api.get("/jobs?limit=1&state=queued")
    assert first["Link"] == f'<{first.json()["next"]}>; rel="next"'
    second = api.get(first.json()["next"])
    body = second.json()
    assert second["Link"] == f'<{body["next"]}>; rel="next", <{body["prev"]}>; rel="prev"'
    assert "state=queued" in second["Link"]
    assert "Link" not in api.get("/jobs?state=dead")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/jobs", "/failedJobs", "/schedules"])
def test_a_list_that_takes_too_long_is_a_503(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_response, "LIST_SECONDS", 0.1)
    api = client_of(make_user(is_superuser=True))
    table = {"/jobs": "jobs_job", "/failedJobs": "jobs_deadletter", "/schedules": "jobs_schedule"}

    def lock() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table[path]} IN ACCESS EXCLUSIVE MODE")

    with held_elsewhere(lock):
        response = api.get(path)

    body = problem(response, 503, "list_too_slow")
    assert "created_after" in body["detail"]
    assert int(response["Retry-After"]) > 0
    assert api.get(path).status_code == 200
    with connection.cursor() as cursor:  # for the list alone
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
