"""Workers are killed amid jobs with a callback; each end is told once, signed and as it was."""

import json
import signal
from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db.models import QuerySet
from pytest_django.fixtures import Settings

from jobs import JobRequest, batch, enqueue_many
from jobs.core.states import JobState
from jobs.models import Job
from jobs.services.signing_secrets import signing_secret_create
from jobs.tests.acceptance.processes import Service
from jobs.tests.http_receiver import HttpReceiver
from jobs.tests.waiting import wait_until

VICTIMS = 3
JOBS_A_VICTIM = 50
JOBS = VICTIMS * JOBS_A_VICTIM
HOST = "127.0.0.1"


def note(url: str, text: str, **payload: object) -> JobRequest:
    return JobRequest("tests.note", {"text": text, **payload}, callback_url=url)


def calls() -> QuerySet[Job]:
    return Job.objects.filter(given__callback_of__isnull=False)


def has_called(count: int) -> bool:
    return calls().count() >= count


def headers_of(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def body_of(request: bytes) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(request.partition(b"\r\n\r\n")[2])
    return body


@pytest.mark.timeout(400)  # workers are killed and rescued; a slow machine takes its time
def test_workers_are_killed_amid_jobs_with_callbacks(service: Service, settings: Settings) -> None:
    signing_secret_create(client_id=None)
    with HttpReceiver() as receiver:
        settings.JOBS_HTTP_ALLOWED_HOSTS = settings.JOBS_HTTP_PRIVATE_HOSTS = [HOST]
        settings.JOBS_HTTP_ALLOWED_PORTS = [str(receiver.port)]
        service.env |= {
            "JOBS_HTTP_ALLOWED_HOSTS": HOST,
            "JOBS_HTTP_PRIVATE_HOSTS": HOST,
            "JOBS_HTTP_ALLOWED_PORTS": str(receiver.port),
            "JOBS_CRASH_LIMIT": str(VICTIMS + 1),  # nothing is dead because it met every victim
        }
        url = f"http://{HOST}:{receiver.port}/done"
        enqueue_many([note(url, "dies", failures=100, error="permanent")])
        one = batch([note(url, f"of-batch-{number}") for number in range(20)], callback_url=url)

        for number in range(VICTIMS):  # each is killed with outcomes in its hands
            # Of its own: so much is left to do, however much the last one did before its end.
            texts = [f"{number}-{n}" for n in range(JOBS_A_VICTIM)]
            enqueue_many([note(url, text, seconds=0.02) for text in texts])
            enough = calls().count() + 15
            worker = service.worker(f"victim{number}")
            wait_until(partial(has_called, enough), 60)
            worker.signal(signal.SIGKILL)
            worker.wait()
        service.workers(2)

        total = JOBS + 1 + 20 + 1
        done = calls().filter(state=JobState.SUCCEEDED)
        wait_until(lambda: done.count() == total, 90)
        requests = list(receiver.requests)

    # One call for each end; a receiver may hear of it twice where a worker was killed amid a call.
    about = Counter(calls().values_list("given__callback_of__id", flat=True))
    assert set(about.values()) == {1}
    assert calls().count() == total
    heard = {headers_of(request)["webhook-id"]: body_of(request) for request in requests}
    assert heard == {str(call.id): call.payload["json"] for call in calls()}
    assert all(headers_of(request)["webhook-signature"] for request in requests)
    states = Counter(body["state"] for body in heard.values())
    assert states == {"succeeded": JOBS + 20, "dead": 1, "completed": 1}
    [of_batch] = [body for body in heard.values() if body["id"] == str(one.id)]
    assert (of_batch["total"], of_batch["succeeded"]) == (20, 20)
