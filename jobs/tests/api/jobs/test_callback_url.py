"""`callback_url` over the API: refused at the door, shown, edited; a call says what is shown."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import pointers, problem
from jobs.core.outcome import Succeeded
from jobs.core.result import Result
from jobs.models import Batch, Job
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import allow, make_user
from jobs.tests.steps import claim_one, die, record, stored

pytestmark = pytest.mark.django_db(transaction=True)

URL = "https://hooks.example.com/done"
ELSEWHERE = "https://other.example.com/done"
NOTE: dict[str, Any] = {"type": "tests.note", "payload": {"text": "a", "secret": "s3cret-value"}}


@pytest.fixture(autouse=True)
def _hosts(settings: Settings) -> None:
    settings.JOBS_HTTP_ALLOWED_HOSTS = ["hooks.example.com"]


def accepted(api: APIClient, **fields: Any) -> Job:
    response = api.post("/addJob", NOTE | {"callback_url": URL} | fields)
    assert response.status_code == 202, response.content
    return Job.objects.get(pk=response.json()["id"])


def test_the_call_says_what_the_api_shows(api: APIClient) -> None:
    job = accepted(api)
    record(claim_one(job), Succeeded(result=Result('{"n": 7}')))

    shown = api.get(f"/jobs/{job.pk}").json()
    call = Job.objects.get(type="http_request")

    assert shown["callback_url"] == URL
    links = shown.pop("links")
    assert links == {"self": f"/jobs/{job.pk}"}
    assert call.payload["json"] == shown
    assert "s3cret-value" not in str(call.payload)
    of_call = api.get(f"/jobs/{call.pk}").json()
    assert of_call["callback_of"] == {"kind": "job", "id": str(job.pk)}
    assert of_call["payload"]["json"] == shown
    assert shown["callback_of"] is None


def test_the_dead_letter_of_a_call_says_what_it_belongs_to(api: APIClient, user: User) -> None:
    job = accepted(api)
    letter_of_job = die(job)
    letter = die(Job.objects.get(type="http_request"))
    about = {"kind": "job", "id": str(job.pk)}
    listed = {one["id"]: one["callback_of"] for one in api.get("/failedJobs").json()["results"]}
    assert listed == {str(letter.pk): about, str(letter_of_job.pk): None}
    assert api.get(f"/failedJobs/{letter.pk}").json()["callback_of"] == about
    allow(user, "replay_deadletter")
    assert client_of(user).post(f"/failedJobs/{letter.pk}/replay").json()["callback_of"] == about


def test_what_would_not_be_called_is_refused(api: APIClient) -> None:
    body = problem(api.post("/addJob", NOTE | {"callback_url": ELSEWHERE}), 400, "invalid")
    assert pointers(body) == {"/callback_url"}
    assert "JOBS_HTTP_ALLOWED_HOSTS" in body["detail"]
    for wrong in (5, "", "a" * 2_049, "http://hooks.example.com/", ["a"]):
        body = problem(api.post("/addJob", NOTE | {"callback_url": wrong}), 400, "invalid")
        assert pointers(body) == {"/callback_url"}
    assert not Job.objects.exists()


def test_one_of_many_that_is_refused_is_no_fault_of_the_others(api: APIClient) -> None:
    items = [NOTE | {"callback_url": ELSEWHERE}, NOTE | {"callback_url": URL}, NOTE]
    first, second, third = api.post("/addJobs", {"jobs": items}).json()["results"]
    assert [first["status"], second["status"], third["status"]] == [400, 202, 202]
    assert pointers(first["problem"]) == {"/jobs/0/callback_url"}
    assert [job.callback_url for job in Job.objects.order_by("id")] == [URL, None]


def test_the_same_key_with_another_one(api: APIClient) -> None:
    job = accepted(api, idempotency_key="k")
    same = NOTE | {"idempotency_key": "k"}
    again = api.post("/addJob", same | {"callback_url": URL})
    assert (again.status_code, again.json()["id"]) == (200, str(job.pk))
    for other in ({}, {"callback_url": f"{URL}/2"}):
        body = problem(api.post("/addJob", same | other), 422, "idempotency_key_reused")
        assert pointers(body) == {"/callback_url"}


def test_it_is_edited(api: APIClient) -> None:
    job = accepted(api)
    path = f"/jobs/{job.pk}"
    assert pointers(problem(api.patch(path, {"callback_url": ELSEWHERE}), 400, "invalid")) == {
        "/callback_url"
    }
    assert api.patch(path, {"callback_url": f"{URL}/2"}).json()["callback_url"] == f"{URL}/2"
    assert api.patch(path, {"callback_url": None, "priority": 9}).json()["callback_url"] == (
        f"{URL}/2"
    )
    assert api.patch(path, {"callback_url": ""}).json()["callback_url"] is None
    claim_one(job)
    problem(api.patch(path, {"callback_url": URL}), 409, "already_started")
    assert stored(job).callback_url is None


def test_a_batch(api: APIClient) -> None:
    refused = api.post("/batches", {"callback_url": ELSEWHERE})
    assert pointers(problem(refused, 400, "invalid")) == {"/callback_url"}
    of_callback = api.post("/batches", {"on_success": NOTE | {"callback_url": ELSEWHERE}})
    assert pointers(problem(of_callback, 400, "invalid")) == {"/on_success/callback_url"}
    assert not Batch.objects.exists()

    made = api.post("/batches", {"name": "b", "callback_url": URL}).json()
    assert (made["callback_url"], "callback_job" in made["links"]) == (URL, False)
    api.post(f"/batches/{made['id']}/close")

    shown = api.get(f"/batches/{made['id']}").json()
    call = Job.objects.get(type="http_request")
    links = shown.pop("links")
    assert links["callback_job"] == f"/jobs/{call.pk}"
    assert call.payload["json"] == shown
    assert call.given == {"callback_of": {"kind": "batch", "id": made["id"]}}


def test_the_call_is_its_clients(api: APIClient) -> None:
    job = accepted(api)
    die(job)
    call = Job.objects.get(type="http_request")
    assert call.submitted_by_id == job.submitted_by_id
    other = client_of(make_user())
    problem(other.get(f"/jobs/{call.pk}"), 404, "not_found")
