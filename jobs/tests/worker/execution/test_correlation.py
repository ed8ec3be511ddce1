"""What a handler logs and enqueues goes back to the request that submitted its job."""

import asyncio
from collections.abc import Callable

import pytest

from jobs.core.claim import ClaimedJob
from jobs.core.clock import SystemClock
from jobs.core.correlation import current_traceparent, traceparent_of
from jobs.core.outcome import Outcome
from jobs.core.request_id import current_request_id
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.models import Job, Worker
from jobs.services.enqueue import job_enqueue
from jobs.tests.factories import make_job
from jobs.tests.steps import claim_one
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.attempt_runner import AttemptRunner

pytestmark = pytest.mark.django_db(transaction=True)

Register = Callable[..., str]
Run = Callable[[ClaimedJob], Outcome]

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def claim_of_request(job_type: str, worker: Worker, traceparent: str | None) -> ClaimedJob:
    job = make_job(type=job_type)
    Job.objects.filter(id=job.id).update(request_id="req-7", traceparent=traceparent)
    return claim_one(job, worker)


@pytest.mark.parametrize("effect", [Effect.IDEMPOTENT, Effect.TRANSACTIONAL])
@pytest.mark.parametrize("traceparent", [TRACEPARENT, None])
def test_a_handler_on_a_thread(
    run: Run, register: Register, worker: Worker, effect: Effect, traceparent: str | None
) -> None:
    seen: list[str] = []

    def handler(payload: Payload, context: JobContext) -> None:
        seen.extend([current_request_id.get(), context.request_id, context.traceparent])
        job_enqueue(type="tests.note", payload={"text": "a"})

    run(claim_of_request(register(handler, effect=effect), worker, traceparent))

    assert seen == ["req-7", "req-7", traceparent_of("req-7", traceparent or "")]
    child = Job.objects.get(type="tests.note")
    assert (child.request_id, child.traceparent) == ("req-7", traceparent)
    assert current_request_id.get() == current_traceparent.get() == ""


def test_a_handler_on_the_event_loop(
    runner: AttemptRunner, register: Register, worker: Worker
) -> None:
    seen: list[str] = []

    async def handler(payload: Payload, context: JobContext) -> None:
        await asyncio.sleep(0)
        seen.extend([current_request_id.get(), current_traceparent.get()])

    claim = claim_of_request(register(handler, effect=Effect.IDEMPOTENT), worker, TRACEPARENT)
    asyncio.run(runner.run_async(Attempt(claim, SystemClock())))

    assert seen == ["req-7", TRACEPARENT]
    assert current_request_id.get() == ""
