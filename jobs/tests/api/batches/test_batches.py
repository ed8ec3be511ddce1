"""`/batches`: made, filled in slices, closed, shown and cancelled over HTTP."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import problem
from jobs.models import Batch, Event, Job
from jobs.services.maintenance.cancel_batches import jobs_cancel_in_batches
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import allow, make_user
from jobs.tests.steps import die, succeed

pytestmark = pytest.mark.django_db

NOTE = {"type": "tests.note", "payload": {"text": "a", "secret": "hunter2"}}
ID = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def ann(db: None) -> User:
    return make_user(username="ann")


@pytest.fixture
def api(ann: User) -> APIClient:
    return client_of(ann)


def make(api: APIClient, jobs: int = 0, **body: Any) -> dict[str, Any]:
    response = api.post("/batches", body)
    assert response.status_code == 201, response.content
    batch: dict[str, Any] = response.json()
    if jobs:
        answer = api.post(batch["links"]["add_jobs"], {"jobs": [NOTE] * jobs})
        assert answer.status_code == 200, answer.content
    return batch


def jobs_of(batch: dict[str, Any]) -> list[Job]:
    return list(Job.objects.filter(batch_id=batch["id"]).order_by("id"))


def test_a_batch_from_its_making_to_its_callbacks(api: APIClient) -> None:
    response = api.post("/batches", {"name": "march", "on_success": NOTE, "on_completion": NOTE})
    assert response.status_code == 201
    body = response.json()
    path = response["Location"]
    assert path == f"/batches/{body['id']}" == body["links"]["self"]
    assert (body["name"], body["state"], body["total"]) == ("march", "open", 0)
    assert body["submitted_by"] == "ann"
    callback = {"type": "tests.note", "queue": "default", "job_id": None}
    assert body["on_success"] == body["on_completion"] == callback
    assert "hunter2" not in response.content.decode()

    slice_ = api.post(f"{path}/jobs", {"jobs": [NOTE, NOTE, {"type": "tests.noot"}]})
    assert [one["status"] for one in slice_.json()["results"]] == [202, 202, 400]
    assert api.post(f"{path}/jobs/", {"jobs": [NOTE]}).status_code == 200
    assert api.post(f"{path}/close").json()["state"] == "running"

    for job in jobs_of(body):
        succeed(job)
    body = api.get(path).json()
    assert (body["state"], body["total"], body["done"], body["succeeded"]) == ("completed", 3, 3, 3)
    assert body["completed_at"]
    for name, link in (("on_success", "success_job"), ("on_completion", "completion_job")):
        shown = api.get(body["links"][link]).json()
        assert shown["id"] == body[name]["job_id"]
        assert shown["state"] == "queued"
    assert set(body["links"]) == {"self", "jobs", "success_job", "completion_job"}
    listed = api.get(body["links"]["jobs"]).json()["results"]
    assert [one["id"] for one in listed] == [str(job.id) for job in reversed(jobs_of(body))]


def test_atomic_slices_are_added_whole_or_not_at_all(api: APIClient) -> None:
    batch = make(api)
    path = f"{batch['links']['add_jobs']}?atomic=true"
    refused = api.post(path, {"jobs": [NOTE, {"type": "tests.noot", "payload": {}}]})
    problem(refused, 422, "jobs_refused")
    assert Job.objects.count() == 0
    assert api.get(batch["links"]["self"]).json()["total"] == 0


def test_a_closed_batch_takes_no_more(api: APIClient) -> None:
    batch = make(api)
    assert api.post(batch["links"]["close"]).json()["state"] == "completed"  # it is empty
    assert api.post(batch["links"]["close"]).status_code == 200
    answer = api.post(batch["links"]["add_jobs"], {"jobs": [NOTE]})
    assert "new batch" in problem(answer, 409, "batch_closed")["detail"]


def test_a_batch_has_a_limit(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.services.batches.create.BATCH_JOBS_MAX", 1)
    batch = make(api, jobs=1)
    problem(api.post(batch["links"]["add_jobs"], {"jobs": [NOTE]}), 409, "batch_full")
    assert Job.objects.count() == 1


def test_a_batch_is_cancelled(api: APIClient) -> None:
    batch = make(api, jobs=2, on_completion=NOTE)
    response = api.post(batch["links"]["cancel"], {"reason": "wrong month"})
    assert response.status_code == 202
    assert response.json()["cancelled_by"] == "ann"
    assert Event.objects.get(action="batch.cancelled").reason == "wrong month"
    jobs_cancel_in_batches()
    body = api.get(batch["links"]["self"]).json()
    assert (body["state"], body["cancelled"]) == ("completed", 2)
    assert body["on_completion"]["job_id"]
    problem(api.post(batch["links"]["cancel"]), 409, "batch_completed")


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"nane": "a"}, "invalid", "/nane"),
        ({"name": 7}, "invalid", "/name"),
        ({"name": ""}, "invalid", "/name"),
        ({"on_success": []}, "invalid", "/on_success"),
        ({"on_success": {}}, "invalid", "/on_success/type"),
        ({"on_success": {**NOTE, "key": 1}}, "invalid", "/on_success/key"),
        (
            {"on_success": {**NOTE, "idempotency_key": "k"}},
            "invalid",
            "/on_success/idempotency_key",
        ),
        ({"on_success": {**NOTE, "delay": -1}}, "invalid", "/on_success/delay"),
        ({"on_success": {**NOTE, "type": "tests.noot"}}, "unknown_job_type", "/on_success/type"),
        ({"on_completion": {**NOTE, "queue": "no"}}, "unknown_queue", "/on_completion/queue"),
        (
            {"on_completion": {**NOTE, "payload": {}}},
            "invalid_payload",
            "/on_completion/payload/text",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(
    api: APIClient, body: dict[str, Any], code: str, pointer: str
) -> None:
    refusal = problem(api.post("/batches", body), 400, code)
    assert refusal["errors"][0]["pointer"] == pointer
    assert not Batch.objects.exists()


@pytest.mark.parametrize("call", ["jobs", "close", "cancel"])
def test_there_must_be_such_a_batch(api: APIClient, call: str) -> None:
    for one in (ID, "7", "%00"):
        problem(api.post(f"/batches/{one}/{call}", {}), 404, "not_found")
        problem(api.get(f"/batches/{one}"), 404, "not_found")


def test_a_client_sees_its_own_batches_alone(api: APIClient) -> None:
    batch = make(api, jobs=1)
    ben = make_user(username="ben")
    other = client_of(ben)
    assert other.get("/batches").json()["results"] == []
    for path in ("self", "add_jobs", "close", "cancel"):
        call = other.get if path == "self" else other.post
        problem(call(batch["links"][path], {}), 404, "not_found")
    assert other.get(batch["links"]["jobs"]).json()["results"] == []
    seer = client_of(allow(ben, "view_batch"))
    assert seer.get(batch["links"]["self"]).json()["id"] == batch["id"]
    problem(seer.post(batch["links"]["add_jobs"], {"jobs": [NOTE]}), 403, "permission_denied")
    problem(seer.post(batch["links"]["cancel"], {}), 403, "permission_denied")
    steward = client_of(allow(ben, "view_batch", "cancel_batch"))
    assert steward.post(batch["links"]["cancel"], {}).status_code == 202
    problem(APIClient().get("/batches"), 401, "not_authenticated")


def test_lists_are_filtered(api: APIClient) -> None:
    first, second = make(api, name="a"), make(api, name="b")
    api.post(second["links"]["close"])

    def names(query: str) -> list[str]:
        return [one["name"] for one in api.get(f"/batches?{query}").json()["results"]]

    assert names("") == ["b", "a"]
    assert names("name=a") == [first["name"]]
    assert names("completed=true") == ["b"]
    assert names("completed=false") == ["a"]
    assert api.get("/batches?fields=name,done").json()["results"][0] == {"name": "b", "done": 0}
    problem(api.get("/batches?queue=default"), 400, "invalid")


def test_a_job_names_its_batch(api: APIClient) -> None:
    batch = make(api, jobs=1)
    [job] = jobs_of(batch)
    assert api.get(f"/jobs/{job.id}").json()["batch"] == batch["id"]
    die(job)
    listed = api.get(f"/failedJobs?batch={batch['id']}").json()["results"]
    assert [one["job_id"] for one in listed] == [str(job.id)]
    assert api.get(f"/failedJobs?batch={ID}").json()["results"] == []
    assert api.get(f"/jobs?batch={ID}").json()["results"] == []
    problem(api.get("/jobs?batch=7"), 400, "invalid")
