"""`/chains`: made, shown, and put into a batch over HTTP."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import pointers, problem
from jobs.core.outcome import Succeeded
from jobs.core.result import Result
from jobs.models import Job
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import allow, make_job, make_user
from jobs.tests.steps import claim_one, die, record

pytestmark = pytest.mark.django_db(transaction=True)

ID = "01890000-0000-7000-8000-000000000000"


def note(text: str, **options: Any) -> dict[str, Any]:
    return {"type": "tests.note", "payload": {"text": text, "secret": "hunter2"}, **options}


def make(api: APIClient, *jobs: Any, **body: Any) -> Any:
    return api.post("/chains", {"jobs": jobs, **body})


def test_a_chain_from_its_making_to_its_end(api: APIClient, user: User) -> None:
    response = make(api, note("first", queue="bulk"), note("last", priority=9))
    assert response.status_code == 201
    body = response.json()
    first = Job.objects.get()
    assert response["Location"] == body["links"]["self"] == f"/chains/{first.pk}"
    assert (body["id"], body["state"], body["total"], body["done"]) == (
        str(first.pk),
        "running",
        2,
        0,
    )
    assert body["submitted_by"] == user.username
    assert body["links"]["current_job"] == f"/jobs/{first.pk}"
    assert [(one["queue"], one["state"]) for one in body["jobs"]] == [
        ("bulk", "queued"),
        ("default", None),
    ]
    assert "hunter2" not in response.content.decode()

    record(claim_one(first), Succeeded(result=Result("7")))
    last = Job.objects.get(payload__text="last")
    assert (last.priority, last.submitted_by_id) == (9, user.pk)
    assert (last.given or {})["previous_result"] == 7
    shown = api.get(f"/jobs/{last.pk}").json()
    assert shown["chain"] == {"id": str(first.pk), "position": 2, "total": 2}
    die(last)
    stopped = api.get(f"/chains/{first.pk}").json()
    assert (stopped["state"], stopped["done"]) == ("stopped", 1)
    assert stopped["jobs"][1]["error"] == "RuntimeError: failed"
    assert stopped["links"]["current_job"] == f"/jobs/{last.pk}"


@pytest.mark.parametrize(
    ("jobs", "code", "pointer"),
    [
        ([], "invalid", "/jobs"),
        ([note("a")] * 101, "invalid", "/jobs"),
        ("jobs", "invalid", "/jobs"),
        ([note("a"), 7], "invalid", "/jobs/1"),
        ([note("a"), {"type": "tests.note"}], "invalid", "/jobs/1/payload"),
        ([note("a"), note("b", prio=1)], "invalid", "/jobs/1/prio"),
        ([note("a"), note("b", idempotency_key="k")], "invalid", "/jobs/1/idempotency_key"),
        ([note("a"), note("b", callback_url="https://a.b/")], "invalid", "/jobs/1/callback_url"),
        ([note("a"), {"type": "tests.noot", "payload": {}}], "unknown_job_type", "/jobs/1/type"),
        ([note("a"), note("b", queue="nowhere")], "unknown_queue", "/jobs/1/queue"),
        ([{"type": "tests.note", "payload": {}}], "invalid_payload", "/jobs/0/payload/text"),
    ],
)
def test_what_is_no_chain(api: APIClient, jobs: Any, code: str, pointer: str) -> None:
    body = problem(api.post("/chains", {"jobs": jobs}), 400, code)
    assert pointers(body) == {pointer}
    assert not Job.objects.exists()


def test_a_job_that_cannot_be_read(api: APIClient) -> None:
    raw = '{"jobs": [{"type": "a", "type": "b"}]}'
    body = problem(api.post("/chains", raw, content_type="application/json"), 400, "invalid")
    assert pointers(body) == {"/jobs/0"}


def test_a_chain_in_a_batch(api: APIClient) -> None:
    batch = api.post("/batches", {"name": "b"}).json()
    body = make(api, note("a"), note("b"), batch=batch["id"]).json()
    assert (body["batch"], body["links"]["batch"]) == (batch["id"], f"/batches/{batch['id']}")
    assert api.get(f"/batches/{batch['id']}").json()["total"] == 1
    api.post(f"/batches/{batch['id']}/close")
    problem(make(api, note("a"), batch=batch["id"]), 409, "batch_closed")
    unknown = problem(make(api, note("a"), batch=ID), 400, "invalid")
    assert pointers(unknown) == {"/batch"}
    assert Job.objects.count() == 1


def test_only_its_client_fills_a_batch(api: APIClient) -> None:
    batch = api.post("/batches", {}).json()["id"]
    other = client_of(allow(make_user(), "view_batch"))
    problem(make(other, note("a"), batch=batch), 403, "permission_denied")
    assert pointers(problem(make(client_of(make_user()), note("a"), batch=batch), 400, "invalid"))


def test_who_may_not_see_the_job_may_not_see_the_chain(api: APIClient, user: User) -> None:
    chain = make(api, note("a"), note("b")).json()["id"]
    problem(client_of(make_user()).get(f"/chains/{chain}"), 404, "not_found")
    assert client_of(allow(make_user(), "view_job")).get(f"/chains/{chain}").status_code == 200
    alone = make_job(submitted_by_id=user.pk)
    problem(api.get(f"/chains/{alone.pk}"), 404, "not_found")
    problem(api.get("/chains/7"), 404, "not_found")


def test_sent_again_it_is_the_same_chain(api: APIClient) -> None:
    body = {"jobs": [note("a"), note("b")]}
    first, again = (api.post("/chains", body, HTTP_IDEMPOTENCY_KEY='"chain-1"') for _ in range(2))
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert Job.objects.count() == 1
