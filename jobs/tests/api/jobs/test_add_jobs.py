"""`POST /addJobs`: a result for each job, in order; or all of them, or none."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import pointers, problem
from jobs.broker.redis import RedisBroker
from jobs.handlers.registry import job_types
from jobs.models import Job
from jobs.tests.factories import make_job

pytestmark = pytest.mark.django_db

NO_TYPE = {"type": "tests.nothing", "payload": {}}
NO_TEXT = {"type": "tests.note", "payload": {"seconds": "long"}}
NO_JOB = "job"


def note(text: str = "hello", **options: Any) -> dict[str, Any]:
    return {"type": "tests.note", "payload": {"text": text}} | options


def add(api: APIClient, *items: Any, atomic: bool = False) -> Any:
    return api.post("/addJobs?atomic=true" if atomic else "/addJobs", {"jobs": items})


def test_every_job_is_accepted_in_order(api: APIClient, user: User) -> None:
    response = add(api, *(note(f"n{number}") for number in range(5)))

    assert response.status_code == 200
    results = response.json()["results"]
    assert [result["index"] for result in results] == [0, 1, 2, 3, 4]
    jobs = [Job.objects.get(pk=result["id"]) for result in results]
    assert [job.payload["text"] for job in jobs] == ["n0", "n1", "n2", "n3", "n4"]
    assert {job.submitted_by_id for job in jobs} == {user.pk}
    assert results[0] == {
        "index": 0,
        "status": 202,
        "id": str(jobs[0].pk),
        "state": "queued",
        "duplicate": False,
        "links": {"self": f"/jobs/{jobs[0].pk}"},
    }


def test_every_option_is_taken(api: APIClient) -> None:
    run_at = datetime.now(UTC) + timedelta(days=3)
    options: dict[str, Any] = {
        "queue": "bulk", "priority": 9, "max_retries": 0, "idempotency_key": "k",
    }  # fmt: skip

    add(api, note(**options, run_at=run_at.isoformat()), note(delay=0.5))

    timed, soon = Job.objects.order_by("pk")
    assert (timed.queue, timed.priority, timed.max_retries) == ("bulk", 9, 0)
    assert (timed.idempotency_key, timed.run_at) == ("k", run_at)
    assert (soon.run_at - soon.created_at).total_seconds() == pytest.approx(0.5)


def test_a_refused_job_does_not_stop_the_others(api: APIClient) -> None:
    unknown_field = note(prio=1)
    items = [note("a"), NO_TYPE, NO_TEXT, NO_JOB, unknown_field, note(queue="nowhere"), note("b")]

    results = add(api, *items).json()["results"]

    assert [result["status"] for result in results] == [202, 400, 400, 400, 400, 400, 202]
    refused = [result["problem"] for result in results[1:-1]]
    assert [one["code"] for one in refused] == [
        "unknown_job_type", "invalid_payload", "invalid", "invalid", "unknown_queue",
    ]  # fmt: skip
    assert [pointers(one) for one in refused] == [
        {"/jobs/1/type"},
        {"/jobs/2/payload/text", "/jobs/2/payload/seconds"},
        {"/jobs/3"},
        {"/jobs/4/prio"},
        {"/jobs/5/queue"},
    ]
    assert all(one["detail"] for one in refused)
    assert {job.payload["text"] for job in Job.objects.all()} == {"a", "b"}


def test_a_payload_over_the_limit_is_refused_alone(api: APIClient, settings: Any) -> None:
    settings.JOBS_PAYLOAD_MAX_BYTES = 200

    large, small = add(api, note("x" * 200), note()).json()["results"]

    assert (large["status"], large["problem"]["code"]) == (413, "payload_too_large")
    assert pointers(large["problem"]) == {"/jobs/0"}
    assert small["status"] == 202


def test_text_that_cannot_be_stored_is_refused_alone(api: APIClient) -> None:
    body = json.dumps({"jobs": [note("\0"), note("\ud800"), note("\\u0000")]})

    response = api.post("/addJobs", body, content_type="application/json")

    bad, worse, good = response.json()["results"]

    assert (bad["status"], bad["problem"]["code"]) == (400, "unstorable_text")
    assert pointers(bad["problem"]) == {"/jobs/0/payload/text"}
    assert worse["problem"]["code"] == "unstorable_text"
    assert good["status"] == 202


def test_a_key_that_is_there_gives_the_job_that_has_it(api: APIClient, user: User) -> None:
    old = make_job(payload=note()["payload"], idempotency_key="old", submitted_by_id=user.pk)
    Job.objects.filter(pk=old.pk).update(state="cancelled", finished_at=old.created_at)

    results = add(
        api, note(idempotency_key="old"), note(idempotency_key="new"), note(idempotency_key="new")
    ).json()["results"]

    assert [result["status"] for result in results] == [200, 202, 200]
    assert [result["duplicate"] for result in results] == [True, False, True]
    assert (results[0]["id"], results[0]["state"]) == (str(old.pk), "cancelled")
    assert results[1]["id"] == results[2]["id"]


def test_all_or_none_accepts_all(api: APIClient) -> None:
    response = add(api, note("a"), note("b"), atomic=True)

    assert response.status_code == 200
    assert [result["status"] for result in response.json()["results"]] == [202, 202]
    assert Job.objects.count() == 2


def test_all_or_none_accepts_none_and_names_every_refusal(api: APIClient) -> None:
    response = add(api, note(), NO_TEXT, note(), NO_JOB, note(prio=1), NO_TYPE, atomic=True)

    body = problem(response, 422, "jobs_refused")
    assert pointers(body) == {
        "/jobs/1/payload/text",
        "/jobs/1/payload/seconds",
        "/jobs/3",
        "/jobs/4/prio",
        "/jobs/5/type",
    }
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/jobs"),
        ({"jobs": None}, "/jobs"),
        ({"jobs": {}}, "/jobs"),
        ({"jobs": [], "atomic": True}, "/atomic"),
        ([], ""),
        (None, ""),
    ],
)
def test_another_body_is_refused(api: APIClient, body: Any, pointer: str) -> None:
    response = api.post("/addJobs", json.dumps(body), content_type="application/json")

    assert pointers(problem(response, 400, "invalid")) == {pointer}


@pytest.mark.parametrize("query", ["atomic=perhaps", "atomical=true"])
def test_another_query_is_refused(api: APIClient, query: str) -> None:
    name = query.partition("=")[0]

    body = problem(api.post(f"/addJobs?{query}", {"jobs": [note()]}), 400, "invalid")

    assert pointers(body) == {f"/{name}"}
    assert not Job.objects.exists()


def test_no_jobs_are_no_results(api: APIClient) -> None:
    assert add(api).json() == {"results": []}


def test_a_thousand_are_taken_and_one_more_is_refused(api: APIClient) -> None:
    items = [note(f"n{number}") for number in range(1_001)]

    body = problem(add(api, *items), 400, "invalid")
    assert pointers(body) == {"/jobs"}
    assert not Job.objects.exists()

    assert len(add(api, *items[:1_000]).json()["results"]) == 1_000
    assert Job.objects.count() == 1_000


def test_a_body_larger_than_that_of_a_single_job_is_read(api: APIClient) -> None:
    items = [note("x" * 7_000) for _ in range(1_000)]

    results = add(api, *items).json()["results"]

    assert {result["status"] for result in results} == {202}


def test_a_body_over_the_limit_is_not_read(api: APIClient) -> None:
    problem(add(api, *(note("x" * 9_000) for _ in range(1_000))), 413, "body_too_large")


@pytest.mark.django_db(transaction=True)
def test_many_jobs_are_inserted_by_one_statement_and_dispatched(
    api: APIClient, broker: RedisBroker
) -> None:
    add(api, note())  # the token has been looked up

    with CaptureQueriesContext(connection) as queries:
        add(api, *(note() for _ in range(200)))

    statements = [query["sql"] for query in queries if "jobs_job" in query["sql"]]
    assert sum("COPY jobs_job" in statement for statement in statements) == 1
    assert len(statements) == 2  # the other one asks for the moments, which are the same for all
    assert sum(broker.depth(["default"]).ready.values()) == 201


@pytest.mark.parametrize("domain", ["\u00fc" * 63 + ".de", "a\u00fc" * 31 + ".example"])
def test_an_address_without_an_ascii_form_is_that_items_400(api: APIClient, domain: str) -> None:
    welcome = {"type": "send_welcome_email", "payload": {"email": f"ann@{domain}"}}
    response = add(api, note("one"), welcome, note("two"))
    assert response.status_code == 200
    assert [result["status"] for result in response.json()["results"]] == [202, 400, 202]


@pytest.mark.parametrize("raised", [UnicodeError("no"), KeyError("text"), RecursionError()])
def test_a_payload_of_which_its_type_can_make_no_key_is_that_items_400(
    api: APIClient, raised: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_key(payload: Any) -> str:
        raise raised

    odd = replace(job_types.get("tests.note_by_text"), key=no_key)
    monkeypatch.setitem(job_types._types, "tests.note_by_text", odd)
    item = {"type": "tests.note_by_text", "payload": {"text": "odd"}}
    response = add(api, note("one"), item)
    assert [result["status"] for result in response.json()["results"]] == [202, 400]
    assert api.post("/addJob", item).status_code == 400
