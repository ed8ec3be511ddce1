"""`GET /failedJobs` and `GET /failedJobs/<id>`: who sees what, and the representation."""

from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import problem
from jobs.models import Worker
from jobs.tests.api.conftest import MakeDeadLetter, client_of
from jobs.tests.api.dead_letters.failed_jobs import ids
from jobs.tests.factories import allow

pytestmark = pytest.mark.django_db


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
    assert attempt["message"] == "no such mailbox"
    assert "traceback" not in attempt
    assert body["created_at"]
    assert len(body["fingerprint"]) == 16
    del body["payload"], body["attempts"], body["created_at"], body["fingerprint"]
    assert body == {
        "id": str(letter.pk),
        "job_id": str(letter.job_id),
        "type": "tests.note",
        "queue": "default",
        "reason": "permanent",
        "callback_of": None,
        "error": "PermanentError: no such mailbox",
        "submitted_by": user.username,
        "resolution": "waiting",
        "resolved_at": None,
        "effect_may_have_happened": False,
        "look_for": {},
        "assigned_to": None,
        "replay_of": None,
        "redrive": None,
        "replay_ended": None,
        "links": {
            "self": f"/failedJobs/{letter.pk}",
            "job": f"/jobs/{letter.job_id}",
            "replay": f"/failedJobs/{letter.pk}/replay",
            "discard": f"/failedJobs/{letter.pk}/discard",
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


def test_a_list_costs_one_query_beside_the_user_and_two_for_permissions(
    staff_api: APIClient,
    user: User,
    make_dead_letter: MakeDeadLetter,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(4):
        make_dead_letter(submitted_by_id=user.pk)

    with django_assert_num_queries(7):  # three are for the time limit
        assert len(ids(staff_api)) == 4


def test_tracebacks_take_a_permission_and_lists_have_none(
    api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    letter = make_dead_letter(submitted_by_id=user.pk)
    assert "Traceback" not in api.get(f"/failedJobs/{letter.pk}").text
    allowed = client_of(allow(user, "view_traceback", "replay_deadletter"))
    assert "Traceback" in allowed.get(f"/failedJobs/{letter.pk}").text
    assert "Traceback" not in allowed.get("/failedJobs").text
    assert "Traceback" not in api.get(f"/jobs/{letter.job_id}").text
    assert "Traceback" in allowed.post(f"/failedJobs/{letter.pk}/replay").text
