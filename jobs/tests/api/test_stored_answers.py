"""The header `Idempotency-Key`: a call does its work once, and is answered again."""

from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import problem
from jobs.core.states import JobState
from jobs.models import DeadLetter, Event, Job, Queue, Schedule, StoredAnswer
from jobs.models.moments import seconds_ago
from jobs.services.maintenance.prune import jobs_prune
from jobs.services.short_transaction import try_advisory_lock
from jobs.sql.statements import execute
from jobs.tests.api.conftest import MakeDeadLetter, client_of
from jobs.tests.api.outages import without_postgresql
from jobs.tests.factories import allow, make_job, make_user
from jobs.tests.locks import held_elsewhere
from jobs.tests.steps import claim_one
from jobs.tests.threads import at_once

pytestmark = pytest.mark.django_db

NOTE: dict[str, Any] = {"type": "tests.note", "payload": {"text": "hello", "seconds": 0}}
OTHER: dict[str, Any] = {"type": "tests.note", "payload": {"text": "other"}}
REPLAYED = "Idempotency-Replayed"


def send(
    client: APIClient,
    path: str = "/addJob",
    body: Any = NOTE,
    key: str = '"k"',
    method: str = "post",
) -> Any:
    return getattr(client, method)(path, body, headers={"Idempotency-Key": key})


def assert_replayed(first: Any, again: Any) -> None:
    assert again.status_code == first.status_code
    assert again.content == first.content
    assert again.get("Location") == first.get("Location")
    assert again["Content-Type"] == first["Content-Type"]
    assert again[REPLAYED] == "true"
    assert REPLAYED not in first
    assert again["X-Request-ID"] != first["X-Request-ID"]


def test_the_same_call_again_gets_the_same_answer_and_makes_no_job(api: APIClient) -> None:
    first = send(api)

    again = send(api)

    assert first.status_code == 202
    assert_replayed(first, again)
    assert Job.objects.count() == 1


def test_the_answer_is_the_same_as_without_the_header(api: APIClient) -> None:
    with_header, without = send(api), api.post("/addJob", NOTE)

    assert with_header.json().keys() == without.json().keys()
    assert with_header["Content-Type"] == without["Content-Type"]
    assert with_header["Location"].startswith("/jobs/")
    assert with_header["Allow"] == without["Allow"]


def test_the_answer_stays_although_the_job_goes_on(api: APIClient) -> None:
    first = send(api)
    claim_one(Job.objects.get())

    assert send(api).json() == first.json()


@pytest.mark.parametrize(
    ("path", "key", "body"),
    [
        ("/addJob/", '"k"', NOTE),
        ("/addJob", "k", NOTE),
        ("/addJob", '"k"', {"payload": {"seconds": 0, "text": "hello"}, "type": "tests.note"}),
    ],
)
def test_spellings_of_one_call(api: APIClient, path: str, key: str, body: Any) -> None:
    first = send(api)

    assert_replayed(first, send(api, path, body, key))


@pytest.mark.parametrize("body", [OTHER, {**NOTE, "priority": 9}])
def test_another_body_with_the_key_is_refused(api: APIClient, body: Any) -> None:
    first = send(api)

    problem(send(api, body=body), 422, "idempotency_key_header_reused")

    assert_replayed(first, send(api))
    assert Job.objects.count() == 1


def test_another_path_or_query_with_the_key_is_refused(api: APIClient, user: User) -> None:
    jobs = [make_job(submitted_by_id=user.pk) for _ in range(2)]
    assert send(api, f"/jobs/{jobs[0].pk}/cancel", {}).status_code == 202
    problem(send(api, f"/jobs/{jobs[1].pk}/cancel", {}), 422, "idempotency_key_header_reused")

    assert send(api, "/addJobs", {"jobs": [NOTE]}).status_code == 200
    problem(
        send(api, "/addJobs?atomic=true", {"jobs": [NOTE]}), 422, "idempotency_key_header_reused"
    )
    assert set(Job.objects.filter(pk=jobs[1].pk).values_list("state", flat=True)) == {"queued"}


def test_a_key_belongs_to_one_client_and_one_route(api: APIClient, other_api: APIClient) -> None:
    answers = [send(api), send(other_api), send(api, "/addJobs", {"jobs": [NOTE]})]

    assert [answer.status_code for answer in answers] == [202, 202, 200]
    assert not [answer for answer in answers if REPLAYED in answer]
    assert Job.objects.count() == 3


@pytest.mark.parametrize("key", ["", '""', "a b", "a,b", '"a', "x" * 256])
def test_what_is_no_key_is_refused(api: APIClient, key: str) -> None:
    body = problem(send(api, key=key), 400, "idempotency_key_header_invalid")

    assert "1 to 255 characters" in body["detail"]
    assert not Job.objects.exists()


def test_a_refusal_is_an_answer(api: APIClient) -> None:
    wrong = {**NOTE, "payload": {}}
    first = send(api, body=wrong)

    assert_replayed(first, send(api, body=wrong))
    problem(first, 400, "invalid_payload")
    problem(send(api), 422, "idempotency_key_header_reused")


def test_a_refusal_undoes_what_the_call_had_done(api: APIClient) -> None:
    body = {"jobs": [NOTE, {**NOTE, "idempotency_key": "a"}, {**OTHER, "idempotency_key": "a"}]}

    first = send(api, "/addJobs?atomic=true", body)

    problem(first, 422, "jobs_refused")
    assert not Job.objects.exists()
    assert_replayed(first, send(api, "/addJobs?atomic=true", body))


def test_a_body_that_is_no_json_is_refused_before_the_key_is_looked_at(api: APIClient) -> None:
    headers = {"Idempotency-Key": "k"}
    broken = api.post("/addJob", "{", content_type="application/json", headers=headers)

    problem(broken, 400, "parse_error")
    assert send(api).status_code == 202


def test_what_says_nothing_of_the_call_is_not_stored(
    api: APIClient, settings: Settings, user: User
) -> None:
    settings.JOBS_EMAIL_RECIPIENTS_PER_DAY = settings.JOBS_EMAIL_RECIPIENTS_MAX = 1
    mail = {
        "type": "send_email",
        "payload": {"to": ["a@example.com", "b@example.com"], "subject": "s", "text": "t"},
    }
    settings.JOBS_EMAIL_RECIPIENTS_MAX = 2
    refused = send(api, body=mail)
    problem(refused, 429, "recipients_limit")
    assert int(refused["Retry-After"]) > 0

    settings.JOBS_EMAIL_RECIPIENTS_PER_DAY = 100
    assert send(api, body=mail).status_code == 202

    theirs = make_job(submitted_by_id=make_user().pk)
    allow(user, "view_job")
    api = client_of(User.objects.get(pk=user.pk))
    assert send(api, f"/jobs/{theirs.pk}/cancel", {}).status_code == 403
    allow(user, "cancel_job")
    api = client_of(User.objects.get(pk=user.pk))
    assert send(api, f"/jobs/{theirs.pk}/cancel", {}).status_code == 202


def assert_each_is_replayed(client: APIClient, calls: list[tuple[str, str, Any]]) -> None:
    for method, path, body in calls:
        first = send(client, path, body, method=method)
        assert first.status_code < 300, first.content
        assert_replayed(first, send(client, path, body, method=method))


def test_every_call_that_changes_something_takes_it(
    make_dead_letter: MakeDeadLetter,
) -> None:
    client = client_of(user := make_user(is_superuser=True))
    letter, job = make_dead_letter(), make_job(submitted_by_id=user.pk)
    schedule = {"name": "nightly", "cron": "0 3 * * *", **NOTE}
    calls: list[tuple[str, str, Any]] = [
        ("patch", f"/jobs/{job.pk}", {"priority": 9}),
        ("post", f"/failedJobs/{letter.pk}/replay", {}),
        ("post", "/queues/default/pause", {"reason": "migration"}),
        ("post", "/queues/default/resume", {}),
        ("post", "/schedules", schedule),
    ]
    assert_each_is_replayed(client, calls)
    path = f"/schedules/{Schedule.objects.get().pk}"
    assert_each_is_replayed(
        client,
        [
            ("patch", path, {"priority": 1}),
            ("post", f"{path}/pause", {}),
            ("post", f"{path}/resume", {}),
            ("post", f"{path}/run", {}),
        ],
    )
    assert Job.objects.count() == 3
    assert DeadLetter.objects.get().resolution == "replayed"
    assert Event.objects.filter(action="queue.paused").count() == 1
    assert not Queue.objects.get(name="default").paused_at


def test_a_key_is_free_after_its_time_and_pruned(api: APIClient, settings: Settings) -> None:
    settings.JOBS_ANSWER_RETENTION_HOURS = 1.0
    send(api)
    send(api, key="new")
    StoredAnswer.objects.filter(key__endswith=":k").update(created_at=seconds_ago(3601))

    assert REPLAYED not in send(api, body=OTHER)

    assert REPLAYED in send(api, body=OTHER)
    StoredAnswer.objects.filter(key__endswith=":k").update(created_at=seconds_ago(3601))
    jobs_prune()
    assert [one.key.rpartition(":")[2] for one in StoredAnswer.objects.all()] == ["new"]


def test_without_the_header_nothing_is_stored(api: APIClient) -> None:
    api.post("/addJob", NOTE)

    assert not StoredAnswer.objects.exists()


@pytest.fixture
def client(transactional_db: None) -> APIClient:
    return client_of(make_user())


def test_many_calls_at_once_do_it_once(client: APIClient) -> None:
    answers = at_once(*[lambda: send(client)] * 16)

    statuses = [answer.status_code for answer in answers]
    assert Job.objects.count() == 1
    assert set(statuses) <= {202, 409}
    assert 202 in statuses
    for answer in answers:
        if answer.status_code == 409:
            problem(answer, 409, "call_in_progress")
            assert answer["Retry-After"] == "1"
    assert {answer.content for answer in answers if answer.status_code == 202} == {
        send(client).content
    }


def test_while_the_first_is_at_work_others_are_told_to_wait(client: APIClient) -> None:
    user_id = make_user().pk
    client = client_of(User.objects.get(pk=user_id))
    with held_elsewhere(lambda: try_advisory_lock(f"call.{user_id}:POST.add-job:k")):
        refused = send(client)
        assert send(client, key="another").status_code == 202

    problem(refused, 409, "call_in_progress")
    assert refused["Retry-After"] == "1"
    assert send(client).status_code == 202


@pytest.mark.usefixtures("redis_away")
def test_redis_has_no_part_in_it(client: APIClient) -> None:
    first = send(client)

    assert first.status_code == 202
    assert_replayed(first, send(client))
    assert Job.objects.count() == 1


def test_an_outage_is_not_stored(client: APIClient) -> None:
    with without_postgresql():
        problem(send(client), 503, "database_unavailable")

    assert send(client).status_code == 202


def test_a_job_whose_answer_cannot_be_stored_is_not_there(client: APIClient) -> None:
    with held_elsewhere(lambda: execute("LOCK TABLE jobs_storedanswer IN EXCLUSIVE MODE")):
        execute("SET lock_timeout = '100ms'")
        problem(send(client), 503, "busy")
        connection.close()

    assert not Job.objects.exists()
    assert send(client).status_code == 202
    assert Job.objects.get().state == JobState.QUEUED
