"""Writes the starts of attempts in groups: what asks during one commit goes into the next."""

import asyncio
import queue
import threading
from concurrent.futures import Future
from typing import NamedTuple

from django.db import Error, OperationalError, connection

from jobs.core.claim import Start
from jobs.core.clock import Clock
from jobs.services.starts import Started, jobs_start
from jobs.sql.own_session import own_sessions
from jobs.sql.prepared import search_by_index

# Bounds a transaction, as for outcomes.
BATCH_LIMIT = 500
# How long a start may wait for another transaction to let go of its row, and how often it asks.
LOCKED_SECONDS = 2.0
LOCKED_PAUSE_SECONDS = 0.05
# How often a thread that waits may be interrupted by the time limit of its handler.
INTERRUPT_SECONDS = 1.0


class _Asked(NamedTuple):
    """`future` gets True if the start was written, False if the attempt was taken away."""

    start: Start
    future: "Future[bool]"
    since: float


class StartWriter:
    """A thread, because a handler's own connection may be in a transaction, and starts commit."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asked: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._locked: list[_Asked] = []
        self._thread = threading.Thread(target=self._work, name="starts", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self, timeout_seconds: float) -> None:
        """Ends the thread; to be called when no handler runs any more."""
        self._asked.put(None)
        self._thread.join(timeout_seconds)

    @property
    def is_alive(self) -> bool:
        """False once the thread has ended, also of a bug."""
        return self._thread.is_alive()

    def write(self, start: Start) -> bool:
        """Returns True when the start is written, False if the attempt was taken away.

        Raises the database's errors.
        """
        future = self._ask(start)
        while True:
            try:
                return future.result(INTERRUPT_SECONDS)
            except TimeoutError:
                continue

    async def awrite(self, start: Start) -> bool:
        """The same for coroutines."""
        return await asyncio.wrap_future(self._ask(start))

    def _ask(self, start: Start) -> "Future[bool]":
        future: Future[bool] = Future()
        self._asked.put(_Asked(start, future, self._clock.monotonic()))
        return future

    def _work(self) -> None:
        own_sessions()
        search_by_index()
        try:
            more = True
            while more:
                batch, more = self._next_batch()
                if batch:
                    self._write(batch)
        finally:
            connection.close()

    def _next_batch(self) -> tuple[list[_Asked], bool]:
        """What is to be written now, at least one; and whether more may come."""
        batch, self._locked = self._locked, []
        try:
            one = self._asked.get(timeout=LOCKED_PAUSE_SECONDS if batch else None)
            while one is not None and len(batch) < BATCH_LIMIT:
                batch.append(one)
                one = self._asked.get_nowait()
        except queue.Empty:
            return batch, True
        if one is not None:
            batch.append(one)
        return batch, one is not None

    def _write(self, batch: list[_Asked]) -> None:
        # A coroutine that was cancelled while it waited has cancelled its future, too.
        batch = [one for one in batch if one.future.running() or _is_wanted(one)]
        if not batch:
            return
        try:
            started = _write_starts([one.start for one in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not keep them waiting
            self._failed(batch, error)
            return
        for one in batch:
            job_id = one.start.claim.id
            if job_id not in started.locked:
                one.future.set_result(job_id in started.written)
            elif self._clock.monotonic() - one.since < LOCKED_SECONDS:
                self._locked.append(one)
            else:
                one.future.set_exception(
                    OperationalError(f"another transaction holds the row of job {job_id}")
                )

    def _failed(self, batch: list[_Asked], error: Exception) -> None:
        """Tries each alone, where PostgreSQL answers: one of them may be at fault."""
        if len(batch) > 1 and _is_an_answer(error):
            for one in batch:
                self._write([one])
            return
        for one in batch:
            one.future.set_exception(error)


def _write_starts(starts: list[Start]) -> Started:
    """Tries twice: the connection may have been cut since its last use. What repeats is fenced."""
    try:
        return jobs_start(starts=starts)
    except Exception as error:
        connection.close()
        if _is_an_answer(error):
            raise
    try:
        return jobs_start(starts=starts)
    except Exception:
        connection.close()
        raise


def _is_wanted(one: _Asked) -> bool:
    return one.future.set_running_or_notify_cancel()


def _is_an_answer(error: Exception) -> bool:
    """Whether PostgreSQL has answered; a lost connection (08) or a shutdown (57P) is no answer."""
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    return isinstance(error, Error) and state is not None and not state.startswith(("08", "57P"))
