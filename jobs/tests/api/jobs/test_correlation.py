"""A job goes back to the request that submitted it: in its row, its log lines and its events."""

import logging
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.tests.problem import problem
from jobs.core.correlation import current_traceparent, trace_id_of
from jobs.core.log_fields import attempt_fields
from jobs.core.request_id import current_request_id
from jobs.models import Event, Job
from jobs.services.attempts import jobs_claim
from jobs.services.enqueue import job_enqueue
from jobs.tests.claims import make_claim
from jobs.tests.factories import make_worker

pytestmark = pytest.mark.django_db

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SENT = f"00-{TRACE}-00f067aa0ba902b7-01"
NOTE = {"type": "tests.note", "payload": {"text": "a"}}
KEYED = NOTE | {"idempotency_key": "a"}
MANY = {"jobs": [NOTE] * 60}  # as many as are copied


def origins(answer: Any) -> set[tuple[str | None, str | None]]:
    """Of the jobs that the call has accepted."""
    told = answer.json()
    accepted = [one["id"] for one in told["results"]] if "results" in told else [told["id"]]
    jobs = Job.objects.filter(id__in=accepted)
    assert jobs.count() == len(accepted)
    return set(jobs.values_list("request_id", "traceparent"))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/addJob", NOTE),
        ("/addJob", KEYED),
        ("/addJobs", {"jobs": [NOTE, KEYED]}),
        ("/addJobs", {"jobs": [NOTE, NOTE | {"delay": 5}]}),
        ("/addJobs", MANY),
    ],
    ids=["one", "keyed", "keyed ones", "delayed ones", "copied"],
)
def test_what_came_with_the_call_is_kept(api: APIClient, path: str, body: Any) -> None:
    answer = api.post(path, body, HTTP_X_REQUEST_ID="req-7", HTTP_TRACEPARENT=SENT)

    assert answer.status_code in (200, 202), answer.content
    assert (answer["X-Request-ID"], answer["traceparent"]) == ("req-7", SENT)
    assert origins(answer) == {("req-7", SENT)}


@pytest.mark.parametrize(("path", "body"), [("/addJob", NOTE), ("/addJobs", MANY)])
def test_what_did_not_come_is_made(api: APIClient, path: str, body: Any) -> None:
    answer = api.post(path, body, HTTP_TRACEPARENT="nonsense")

    request_id = answer["X-Request-ID"]
    assert answer["traceparent"] == f"00-{request_id}-{request_id[:16]}-00"
    # It can be made again at any time, and is not stored.
    assert origins(answer) == {(request_id, None)}


def test_a_job_tells_it(api: APIClient) -> None:
    accepted = api.post("/addJob", NOTE, HTTP_X_REQUEST_ID="req-7")

    shown = api.get(accepted["Location"]).json()

    assert (shown["request_id"], shown["traceparent"]) == ("req-7", accepted["traceparent"])


def test_a_job_of_code_goes_back_to_no_request() -> None:
    job = job_enqueue(type="tests.note", payload={"text": "a"}).job

    job.refresh_from_db()
    assert (job.request_id, job.traceparent) == (None, None)
    claim = make_claim()
    assert not {"request_id", "trace_id"} & attempt_fields("job.started", claim).keys()


def test_log_lines_about_an_attempt_name_it(api: APIClient) -> None:
    api.post("/addJob", NOTE, HTTP_X_REQUEST_ID="req-7", HTTP_TRACEPARENT=SENT)
    [claim] = jobs_claim(worker_id=make_worker().id, job_ids=[Job.objects.get().id])

    fields = attempt_fields("job.started", claim)

    assert (fields["request_id"], fields["trace_id"]) == ("req-7", TRACE)
    made = attempt_fields("job.started", make_claim(request_id="req-7"))
    assert made["trace_id"] == trace_id_of("req-7")


def test_events_and_problems_name_it(api: APIClient) -> None:
    accepted = api.post("/addJob", NOTE | {"delay": 60})
    sent: Any = {"HTTP_X_REQUEST_ID": "req-7", "HTTP_TRACEPARENT": SENT}

    assert api.post(f"{accepted['Location']}/cancel", {}, **sent).status_code == 202
    refused = api.post(f"{accepted['Location']}/cancel", {}, **sent)

    event = Event.objects.get(action="job.cancelled")
    assert (event.request_id, event.trace_id) == ("req-7", TRACE)
    assert problem(refused, 409, "already_final")["trace_id"] == TRACE


def test_nothing_of_a_request_is_left_for_the_next(api: APIClient) -> None:
    api.get("/jobs", HTTP_X_REQUEST_ID="req-7", HTTP_TRACEPARENT=SENT)

    assert current_request_id.get() == current_traceparent.get() == ""


def test_log_lines_of_the_api_name_it(api: APIClient, caplog: pytest.LogCaptureFixture) -> None:
    from scheduler.logs.request_filter import RequestFilter

    caplog.handler.addFilter(RequestFilter())
    caplog.set_level(logging.WARNING)

    api.get("/jobs/nothing", HTTP_X_REQUEST_ID="req-7", HTTP_TRACEPARENT=SENT)

    [line] = [one for one in caplog.records if one.__dict__.get("event") == "request.refused"]
    assert (line.__dict__["request_id"], line.__dict__["trace_id"]) == ("req-7", TRACE)
