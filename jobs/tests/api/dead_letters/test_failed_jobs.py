"""`/failedJobs`: lists, one dead letter, and its replay."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db.models import F
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import pointers, problem
from jobs.core.states import JobState, Resolution
from jobs.models import DeadLetter, Job, Worker
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay
from jobs.tests.api.conftest import MakeDeadLetter
from jobs.tests.factories import make_user

pytestmark = pytest.mark.django_db


def allow_replay(user: User) -> None:
    user.user_permissions.add(Permission.objects.get(codename="replay_deadletter"))


def ids(client: APIClient, query: str = "") -> list[str]:
    response = client.get(f"/failedJobs{query}")
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def test_a_dead_letter_is_complete(
    api: APIClient, user: User, worker: Worker, make_dead_letter: MakeDeadLetter
) -> None:
    letter = make_dead_letter(
        submitted_by_id=user.pk, payload={"text": "hello", "secret": "hunter2"}
    )

    body = api.get(f"/failedJobs/{letter.pk}").json()

    assert (body["payload"]["text"], body["payload"]["secret"]) == ("hello", "********")
    [attempt] = body["attempts"]
    assert (attempt["attempt"], attempt["error"], attempt["worker"]) == (
        1,
        "PermanentError",
        worker.name,
    )
    assert attempt["traceback"].startswith("Traceback")
    assert body["created_at"]
    del body["payload"], body["attempts"], body["created_at"]
    assert body == {
        "id": str(letter.pk),
        "job_id": str(letter.job_id),
        "type": "tests.note",
        "queue": "default",
        "reason": "permanent",
        "error": "PermanentError: no such mailbox",
        "submitted_by": user.username,
        "resolution": "waiting",
        "resolved_at": None,
        "links": {
            "self": f"/failedJobs/{letter.pk}",
            "job": f"/jobs/{letter.job_id}",
            "replay": f"/failedJobs/{letter.pk}/replay",
        },
    }


def test_clients_see_their_own_and_staff_sees_all(
    api: APIClient,
    other_api: APIClient,
    staff_api: APIClient,
    user: User,
    make_dead_letter: MakeDeadLetter,
) -> None:
    mine = make_dead_letter(submitted_by_id=user.pk)
    nobodys = make_dead_letter()

    assert ids(api) == [str(mine.pk)]
    assert ids(other_api) == []
    assert ids(staff_api) == [str(nobodys.pk), str(mine.pk)]
    problem(api.get(f"/failedJobs/{nobodys.pk}"), 404, "not_found")
    problem(other_api.get(f"/failedJobs/{mine.pk}"), 404, "not_found")
    assert staff_api.get(f"/failedJobs/{mine.pk}/").json()["submitted_by"] == user.username


@pytest.mark.parametrize("pk", [str(uuid4()), "nope", "%00"])
def test_a_dead_letter_that_is_not_there(api: APIClient, pk: str) -> None:
    problem(api.get(f"/failedJobs/{pk}"), 404, "not_found")


def test_filters_by_type_and_queue(staff_api: APIClient, make_dead_letter: MakeDeadLetter) -> None:
    in_bulk = str(make_dead_letter(queue="bulk").pk)
    once = str(make_dead_letter(type="tests.note_once").pk)

    assert ids(staff_api, "?queue=bulk") == [in_bulk]
    assert ids(staff_api, "?type=tests.note_once") == [once]
    assert ids(staff_api, "?type=tests.note_once&queue=bulk") == []


def test_filter_by_time(staff_api: APIClient, make_dead_letter: MakeDeadLetter) -> None:
    old, new = make_dead_letter(), make_dead_letter()
    DeadLetter.objects.filter(pk=old.pk).update(created_at=F("created_at") - timedelta(minutes=5))
    since = (new.created_at - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    assert ids(staff_api, f"?since={since}") == [str(new.pk)]
    assert len(ids(staff_api, "?since=0001-01-01T00:00:00Z")) == 2
    assert ids(staff_api, "?since=9999-12-31T00:00:00Z") == []


def test_filter_by_resolution(staff_api: APIClient, make_dead_letter: MakeDeadLetter) -> None:
    waiting, replayed, discarded, settled = (make_dead_letter() for _ in range(4))
    dead_letter_replay(dead_letter_id=replayed.pk, resolved_by_id=None)
    dead_letter_discard(dead_letter_id=discarded.pk, resolved_by_id=None)
    DeadLetter.objects.filter(pk=settled.pk).update(
        resolution=Resolution.SETTLED, resolved_at=F("created_at")
    )

    assert ids(staff_api) == ids(staff_api, "?resolution=waiting") == [str(waiting.pk)]
    assert ids(staff_api, "?resolution=replayed") == [str(replayed.pk)]
    assert ids(staff_api, "?resolution=discarded") == [str(discarded.pk)]
    assert ids(staff_api, "?resolution=settled") == [str(settled.pk)]
    assert len(ids(staff_api, "?resolution=any")) == 4


def test_a_list_costs_one_query_beside_the_user(
    staff_api: APIClient,
    user: User,
    make_dead_letter: MakeDeadLetter,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(4):
        make_dead_letter(submitted_by_id=user.pk)

    with django_assert_num_queries(2):
        assert len(ids(staff_api)) == 4


def test_a_replay_puts_the_job_back(
    api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    allow_replay(user)
    letter = make_dead_letter(submitted_by_id=user.pk)

    response = api.post(f"/failedJobs/{letter.pk}/replay")

    assert response.status_code == 202
    assert response["Location"] == f"/jobs/{letter.job_id}"
    assert response.json()["resolution"] == "replayed"
    assert response.json()["resolved_at"]
    assert Job.objects.get(pk=letter.job_id).state == JobState.QUEUED
    letter.refresh_from_db()
    assert letter.resolved_by_id == user.pk


def test_a_second_replay_is_a_conflict(
    api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    allow_replay(user)
    path = f"/failedJobs/{make_dead_letter(submitted_by_id=user.pk).pk}/replay"
    assert api.post(path).status_code == 202

    body = problem(api.post(path), 409, "already_resolved")

    assert "already replayed" in body["detail"]


def test_a_replay_needs_the_right(
    api: APIClient, staff_api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    letter = make_dead_letter(submitted_by_id=user.pk)

    for client in (api, staff_api):
        body = problem(client.post(f"/failedJobs/{letter.pk}/replay"), 403, "permission_denied")
        assert "jobs.replay_deadletter" in body["detail"]

    letter.refresh_from_db()
    assert letter.resolution == ""


def test_the_right_does_not_reach_other_peoples_dead_letters(
    api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    allow_replay(user)
    letter = make_dead_letter(submitted_by_id=make_user().pk)

    problem(api.post(f"/failedJobs/{letter.pk}/replay"), 404, "not_found")


def test_staff_with_the_right_replays_everybodys(
    staff_api: APIClient, staff: User, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    allow_replay(staff)
    letter = make_dead_letter(submitted_by_id=user.pk)

    assert staff_api.post(f"/failedJobs/{letter.pk}/replay/").status_code == 202


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("limit=0", "/limit", "min_value"),
        ("limit=201", "/limit", "max_value"),
        ("limit=many", "/limit", "invalid"),
        ("since=2026-01-01", "/since", "no_time_zone"),
        ("since=yesterday", "/since", "invalid"),
        ("since=0001-01-01T00:00:00%2B14:00", "/since", "overflow"),
        ("resolution=lost", "/resolution", "invalid_choice"),
        ("type=", "/type", "blank"),
        ("type=%00", "/type", "null_characters_not_allowed"),
        ("page=2", "/page", "unknown_field"),
        ("state=dead", "/state", "unknown_field"),
        ("cursor=nope", "/cursor", "bad_cursor"),
        ("cursor=%F0%9F%9A%80", "/cursor", "bad_cursor"),
        ("cursor=" + "A" * 23, "/cursor", "bad_cursor"),
    ],
)
def test_bad_queries(staff_api: APIClient, query: str, pointer: str, code: str) -> None:
    body = problem(staff_api.get(f"/failedJobs?{query}"), 400, "invalid")

    assert pointers(body) == {pointer}
    assert code in {error["code"] for error in body["errors"]}
