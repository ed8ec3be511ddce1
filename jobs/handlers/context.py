"""What a handler is given besides its payload."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from jobs.core.errors import JobCancelled
from jobs.core.progress import Progress, progress_of

Payload = dict[str, Any]


class EffectStart(Protocol):
    """Writes, once, that the effect of an attempt begins; see `JobContext`."""

    def begin(self) -> None:
        """Returns when it is written; raises LeaseLost, or StartNotWritten."""

    def abegin(self) -> Awaitable[None]:
        """The same for coroutines."""


class _NothingToWrite:
    """For handlers that a test calls without a worker."""

    def begin(self) -> None:
        """Does nothing."""

    async def abegin(self) -> None:
        """Does nothing."""


def _never() -> bool:
    return False


def _nowhere(progress: Progress) -> None:
    """For a context that no worker has made, in a test of a handler for example."""


# Not frozen: such a class sets each field by a call, 1.3 of the 9 µs that an attempt takes.
@dataclass(eq=False)
class JobContext:
    """The attempt that is running. Its fields are only to be read.

    `attempt` counts from 1 and never repeats for a job, not even after a replay.
    `idempotency_key` is the job's effect key, the same in each of its attempts: hand it on to
    systems that deduplicate. `worker` is the name of the worker.
    `request_id` and `traceparent` (W3C) are those of the request that submitted the job, to be
    handed on with calls to other systems; empty for a job that code has enqueued outside of one.
    `previous_result`: in a chain, what the job before this one returned; None in all others.
    `batch`: for the callback of a batch, its `id` and `name`, and how many of its jobs there were
    (`total`) and `succeeded`, `skipped`, `failed`, `cancelled`, `expired`; None for all others.
    """

    job_id: UUID
    type: str
    queue: str
    attempt: int
    idempotency_key: str
    worker: str
    is_cancelled: Callable[[], bool] = field(default=_never, repr=False)
    masked: Callable[[str], str] = field(default=str, repr=False)
    report: Callable[[Progress], None] = field(default=_nowhere, repr=False)
    effect_start: EffectStart = field(default_factory=_NothingToWrite, repr=False, compare=False)
    request_id: str = ""
    traceparent: str = ""
    previous_result: Any = field(default=None, repr=False)
    batch: Mapping[str, Any] | None = None

    @property
    def cancelled(self) -> bool:
        """Whether the job is asked to stop; up to a second old. For handlers that take long."""
        return self.is_cancelled()

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Tells clients and staff how far the job has come: `done` of `total`, and a sentence.

        Returns at once, however often it is called: the last report is written once a second, if
        the attempt was not taken away. Values of sensitive fields are masked in `message`.
        Raises ValueError for numbers that make no sense.
        """
        self.report(progress_of(done, total, self.masked(str(message))))

    def stop_if_cancelled(self) -> None:
        """Raises JobCancelled if the job is asked to stop; uncaught, the job ends `cancelled`."""
        if self.cancelled:
            raise JobCancelled(f"job {self.job_id} was cancelled")

    def effect_begins(self) -> None:
        """Says that from here on it is unknown what has happened if the attempt is cut off.

        For handlers of a type with `calls_effect_begins=True`, to be called just before the effect:
        what is cut off before it has not happened, and runs again. Returns when that is written,
        whatever transaction the handler is in. A second call does nothing.

        Raises LeaseLost if the attempt was taken away, and StartNotWritten if PostgreSQL does not
        take it: the effect must not begin, and either exception is to leave the handler. Raises
        RuntimeError on an event loop, which it would block: that is what `aeffect_begins` is for.
        """
        if _is_on_event_loop():
            raise RuntimeError("on an event loop, use: await context.aeffect_begins()")
        self.effect_start.begin()

    async def aeffect_begins(self) -> None:
        """`effect_begins` for `async def` handlers."""
        await self.effect_start.abegin()


def _is_on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
