"""An attempt runner of one worker, and handlers that a test registers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jobs.core.claim import ClaimedJob
from jobs.core.clock import SystemClock
from jobs.core.outcome import (
    Outcome,
)
from jobs.core.states import Effect
from jobs.handlers.registry import Handler, JobType, job_types
from jobs.models import Worker
from jobs.tests.factories import make_worker
from jobs.tests.worker.execution.runners import make_runner
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.attempt_runner import AttemptRunner
from jobs.worker.inflight import Inflight
from jobs.worker.recording.start_writer import StartWriter

Register = Callable[..., str]


@pytest.fixture
def worker() -> Worker:
    return make_worker(name="worker-1")


@pytest.fixture
def inflight() -> Inflight:
    return Inflight()


@pytest.fixture
def starts() -> Iterator[StartWriter]:
    writer = StartWriter(SystemClock())
    writer.start()
    yield writer
    writer.stop(20)


@pytest.fixture
def runner(worker: Worker, inflight: Inflight, starts: StartWriter) -> AttemptRunner:
    return make_runner(worker, starts, inflight=inflight)


@pytest.fixture
def run(runner: AttemptRunner) -> Callable[[ClaimedJob], Outcome]:
    """Runs one attempt as a slot of the worker does."""
    return lambda claim: runner.run(Attempt(claim, SystemClock()))


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    """Registers a handler for this test; returns the name of its type."""

    def add(
        handler: Handler,
        effect: Effect = Effect.IDEMPOTENT,
        sensitive: tuple[str, ...] = (),
        **arguments: Any,
    ) -> str:
        name = f"tests.{handler.__name__}"
        payload = job_types.get("tests.note").payload
        job_type = JobType(
            name, handler, payload, effect, sensitive=frozenset(sensitive), **arguments
        )
        monkeypatch.setitem(job_types._types, name, job_type)
        return name

    return add
