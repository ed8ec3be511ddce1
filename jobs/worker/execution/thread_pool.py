"""Runs plain handlers on a fixed number of threads."""

import queue
import threading
from collections.abc import Callable, Collection
from contextlib import suppress

from django.db import connections

from jobs.core.claim import ClaimedJob
from jobs.core.outcome import Outcome
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.capacity import Capacity
from jobs.worker.execution.pool import GiveUp, Pool, Report, is_of

# How long an interrupted handler may take to stop before its slot is given to another thread.
STUCK_SECONDS = 5.0


class ThreadPool(Pool):
    """One claim a thread; some may wait behind the slots, as many as its capacity takes."""

    def __init__(
        self,
        capacity: Capacity,
        run: Callable[[Attempt], Outcome],
        give_up: GiveUp,
        report: Report,
    ) -> None:
        super().__init__(capacity, give_up, report)
        self._run = run
        self._waiting: queue.SimpleQueue[ClaimedJob | None] = queue.SimpleQueue()
        self._running: dict[int, Attempt] = {}
        self._threads_made = 0
        self._is_alive = True

    def running(self) -> list[Attempt]:
        return list(self._running.values())

    def start(self) -> None:
        for _ in range(self.capacity.size):
            self._start_thread()

    def submit(self, claims: list[ClaimedJob]) -> None:
        self.capacity.take(len(claims))
        for claim in claims:
            self._waiting.put(claim)

    def take_back(self, queues: Collection[str] | None = None) -> list[ClaimedJob]:
        waiting: list[ClaimedJob | None] = []
        with suppress(queue.Empty):
            while True:
                waiting.append(self._waiting.get_nowait())
        claims = []
        for one in waiting:
            if one is not None and is_of(one, queues):
                claims.append(one)
            else:
                self._waiting.put(one)
        self.capacity.release(len(claims))
        return claims

    def free_capacity(self, *, look_ahead: bool) -> int:
        return self.capacity.free(look_ahead=look_ahead)

    def is_stalled(self) -> bool:
        return self.capacity.is_stalled()

    @property
    def is_alive(self) -> bool:
        """False once one of its threads has died of a bug."""
        return self._is_alive

    def interrupt_overdue(self) -> None:
        """Interrupts handlers past their time; gives up those that do not stop."""
        for attempt in self.running():
            if attempt.interrupt_if_overdue() and attempt.seconds_overdue() > STUCK_SECONDS:
                self._give_up(attempt)

    def stop(self) -> None:
        for _ in range(self.capacity.size):
            self._waiting.put(None)

    def _start_thread(self) -> None:
        self._threads_made += 1
        threading.Thread(target=self._work, name=f"slot-{self._threads_made}", daemon=True).start()

    def _replace_slot(self) -> None:
        self._start_thread()

    def _work(self) -> None:
        thread_id = threading.get_ident()
        try:
            while (claim := self._waiting.get()) is not None:
                begun_at = self.capacity.begun()
                attempt = self._running[thread_id] = Attempt(claim, self.capacity.clock)
                try:
                    outcome = self._run(attempt)
                except BaseException as error:  # noqa: BLE001 - the slot must go on
                    outcome = attempt.cut_off_by(error)
                del self._running[thread_id]
                if not self._end(attempt, begun_at, outcome):
                    return  # given up: another thread has taken this slot
        except BaseException:
            self._is_alive = False
            raise
        finally:
            connections.close_all()
