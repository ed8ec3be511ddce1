"""An attempt runner of one worker, and handlers that a test registers."""

from collections.abc import Callable

import pytest

from jobs.core.claim import ClaimedJob
from jobs.core.clock import SystemClock
from jobs.core.outcome import (
    Outcome,
)
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.handlers.registry import JobType, job_types
from jobs.models import Worker
from jobs.tests.factories import make_worker
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.attempt_runner import AttemptRunner
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.lease import Lease
from jobs.worker.recording.progress_reporter import ProgressReporter

Register = Callable[..., str]


@pytest.fixture
def worker() -> Worker:
    return make_worker(name="worker-1")


@pytest.fixture
def inflight() -> Inflight:
    return Inflight()


@pytest.fixture
def run(worker: Worker, inflight: Inflight) -> Callable[[ClaimedJob], Outcome]:
    """Runs one attempt as a slot of the worker does."""
    runner = AttemptRunner(
        Lease(worker, 30.0, SystemClock()), inflight, SystemClock(), ProgressReporter()
    )
    return lambda claim: runner.run(Attempt(claim, SystemClock()))


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    """Registers a handler for this test; returns the name of its type."""

    def add(
        handler: Callable[[Payload, JobContext], None],
        effect: Effect = Effect.IDEMPOTENT,
        sensitive: tuple[str, ...] = (),
    ) -> str:
        name = f"tests.{handler.__name__}"
        payload = job_types.get("tests.note").payload
        job_type = JobType(name, handler, payload, effect, sensitive=frozenset(sensitive))
        monkeypatch.setitem(job_types._types, name, job_type)
        return name

    return add
