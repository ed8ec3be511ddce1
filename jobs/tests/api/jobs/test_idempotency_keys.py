"""`POST /addJob` with an `idempotency_key`: one job, however often it is submitted."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import pointers, problem
from jobs.core.errors import ERRORS_MAX
from jobs.models import DeadLetter, Job
from jobs.services.cancel import job_cancel
from jobs.services.dead_letters import dead_letter_discard
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import make_job, make_user
from jobs.tests.steps import die, succeed

pytestmark = pytest.mark.django_db

NOTE: dict[str, Any] = {"type": "tests.note", "payload": {"text": "hello"}}


def test_the_same_key_again_gives_the_same_job(api: APIClient) -> None:
    first = api.post("/addJob", NOTE | {"idempotency_key": "order-1"})

    again = api.post("/addJob", NOTE | {"idempotency_key": "order-1", "priority": 9})

    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["duplicate"] is True
    assert again["Location"] == first["Location"]
    assert Job.objects.count() == 1


def test_a_key_belongs_to_one_client_and_one_type(api: APIClient, other_api: APIClient) -> None:
    keyed = NOTE | {"idempotency_key": "order-1"}

    responses = [
        api.post("/addJob", keyed),
        other_api.post("/addJob", keyed),
        api.post("/addJob", keyed | {"type": "tests.note_once"}),
    ]

    assert [response.status_code for response in responses] == [202] * 3
    assert len({response.json()["id"] for response in responses}) == 3


@pytest.mark.django_db(transaction=True)
def test_fifty_calls_at_once_with_one_key_make_one_job() -> None:
    client = client_of(make_user())

    def post(_: int) -> tuple[int, str]:
        try:
            response = client.post("/addJob", NOTE | {"idempotency_key": "order-1"})
            return response.status_code, response.json()["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(post, range(50)))

    assert len({job_id for _, job_id in answers}) == 1
    assert sorted(status for status, _ in answers) == [200] * 49 + [202]
    assert Job.objects.count() == 1


KEYED = NOTE | {"idempotency_key": "order-1"}
OTHER = KEYED | {"payload": {"text": "other", "seconds": 0}}


def own_job(user: User) -> Job:
    return make_job(payload=NOTE["payload"], idempotency_key="order-1", submitted_by_id=user.pk)


def both_answers(api: APIClient) -> list[dict[str, Any]]:
    """What `/addJob` and `/addJobs` answer to the same submission, without what differs always."""
    one = api.post("/addJob", KEYED)
    [item] = api.post("/addJobs", {"jobs": [KEYED]}).json()["results"]
    assert one.status_code == item["status"] == 200
    names = ("id", "state", "duplicate", "links", "detail")
    answers = [{name: answer.get(name) for name in names} for answer in (one.json(), item)]
    assert answers[0] == answers[1]
    return answers


def test_the_same_key_with_another_payload_is_refused_by_the_fields_that_differ(
    api: APIClient,
) -> None:
    job_id = api.post("/addJob", KEYED).json()["id"]

    refused = problem(api.post("/addJob", OTHER), 422, "idempotency_key_reused")

    assert pointers(refused) == {"/payload/text"}
    assert job_id in refused["detail"]
    assert Job.objects.count() == 1


def test_of_many_it_is_refused_alone(api: APIClient) -> None:
    results = api.post("/addJobs", {"jobs": [NOTE, KEYED, OTHER, KEYED]}).json()["results"]

    assert [result["status"] for result in results] == [202, 202, 422, 200]
    assert results[2]["problem"]["code"] == "idempotency_key_reused"
    assert [error["pointer"] for error in results[2]["problem"]["errors"]] == [
        "/jobs/2/payload/text"
    ]
    assert Job.objects.count() == 2


def test_of_all_or_none_nothing_is_accepted(api: APIClient) -> None:
    refused = problem(
        api.post("/addJobs?atomic=true", {"jobs": [NOTE, KEYED, OTHER]}), 422, "jobs_refused"
    )

    assert pointers(refused) == {"/jobs/2/payload/text"}
    assert not Job.objects.exists()


def test_what_differs_in_a_thousand_fields_is_a_short_answer(api: APIClient) -> None:
    names = [f"n{number}" for number in range(1_000)]
    job = api.post("/addJob", KEYED).json()
    Job.objects.filter(pk=job["id"]).update(payload=dict.fromkeys(names, 1))

    refused = problem(api.post("/addJob", KEYED), 422, "idempotency_key_reused")

    assert len(refused["errors"]) == ERRORS_MAX
    assert refused["error_count"] == 1_001


def test_a_key_whose_job_is_dead_says_so_and_how_to_go_on(api: APIClient, user: User) -> None:
    letter = die(own_job(user))

    for answer in both_answers(api):
        assert answer["state"] == "dead"
        assert answer["links"] == {
            "self": f"/jobs/{letter.job_id}",
            "failed_job": f"/failedJobs/{letter.pk}",
        }
        assert f"POST /failedJobs/{letter.pk}/replay" in answer["detail"]
        assert "another idempotency_key" in answer["detail"]

    dead_letter_discard(dead_letter_id=letter.pk, resolved_by_id=None)
    for answer in both_answers(api):
        assert answer["links"] == {"self": f"/jobs/{letter.job_id}"}
        assert "decided not to replay it" in answer["detail"]


def test_a_key_whose_job_is_cancelled_says_so_and_how_to_go_on(api: APIClient, user: User) -> None:
    job_cancel(job_id=own_job(user).pk)

    for answer in both_answers(api):
        assert answer["state"] == "cancelled"
        assert "was cancelled and will not run" in answer["detail"]
        assert "another idempotency_key" in answer["detail"]


def test_a_key_whose_job_may_run_or_did_needs_no_advice(api: APIClient, user: User) -> None:
    job = own_job(user)
    assert [answer["detail"] for answer in both_answers(api)] == [None, None]
    succeed(job)
    assert [answer["detail"] for answer in both_answers(api)] == [None, None]


def test_a_key_that_outlives_its_job_answers_without_a_link(api: APIClient, user: User) -> None:
    job = own_job(user)
    succeed(job)
    Job.objects.all().delete()

    response = api.post("/addJob", KEYED)

    assert "Location" not in response
    for answer in both_answers(api):
        assert (answer["id"], answer["state"]) == (str(job.pk), "succeeded")
        assert answer["duplicate"] is True
        assert answer["links"] == {}
        assert "was deleted since" in answer["detail"]
    assert not Job.objects.exists()


def test_it_does_so_among_many_of_which_some_are_new(api: APIClient, user: User) -> None:
    succeed(own_job(user))
    Job.objects.all().delete()

    new = KEYED | {"idempotency_key": "order-2"}
    results = api.post("/addJobs", {"jobs": [new, KEYED, new]}).json()["results"]

    assert [result["status"] for result in results] == [202, 200, 200]
    assert [bool(result["links"]) for result in results] == [True, False, True]


def test_a_key_that_its_job_left_undone_is_free_once_that_is_pruned(
    api: APIClient, user: User
) -> None:
    die(own_job(user))
    DeadLetter.objects.all().delete()
    Job.objects.all().delete()

    assert api.post("/addJob", KEYED).status_code == 202
