"""N threads that run attempts, and a watch over those that overrun their time."""

import queue
import threading
import time
from collections.abc import Callable

from django.db import connections

from jobs.claim import ClaimedJob
from jobs.outcome import Outcome
from jobs.services.lifecycle import Finished
from jobs.worker.attempt import Attempt
from jobs.worker.pace import Pace

# The look-ahead was wrong if no claim could begin for so long: others may be idle.
HOARD_SECONDS = 1.0
# How long an interrupted handler may take to stop before its slot is given to another thread.
STUCK_SECONDS = 5.0


class Executor:
    """Runs submitted claims on a fixed number of threads and hands on what they led to.

    Some claims may wait behind the slots, as many as `Pace` allows.
    """

    def __init__(
        self,
        size: int,
        run: Callable[[Attempt], Outcome],
        give_up: Callable[[Attempt], Outcome],
        finished: Callable[[Finished], None],
    ) -> None:
        self._size = size
        self._run = run
        self._give_up_on = give_up
        self._finished = finished
        self._pace = Pace(size)
        self._waiting: queue.SimpleQueue[ClaimedJob | None] = queue.SimpleQueue()
        self._running: dict[int, Attempt] = {}
        self._held = 0
        self._wake_below = 0
        self._last_begun = time.monotonic()
        self._changed = threading.Condition()
        self._threads_made = 0
        self.stuck = 0

    def start(self) -> None:
        for _ in range(self._size):
            self._start_thread()

    def submit(self, claims: list[ClaimedJob]) -> None:
        with self._changed:
            if self._held < self._size:
                self._last_begun = time.monotonic()  # a free slot begins one of these now
            self._held += len(claims)
        for claim in claims:
            self._waiting.put(claim)

    def wait_for_room(self, timeout_seconds: float, *, look_ahead: bool = True) -> int:
        """Waits until more claims are welcome, or the time is over; returns how many are.

        With a look-ahead it waits until half of it is used up: fetches stay large.
        """
        ahead = self._pace.ahead() if look_ahead else 0
        limit = self._size + ahead
        with self._changed:
            self._wake_below = limit - ahead // 2
            self._changed.wait_for(lambda: self._held < self._wake_below, timeout_seconds)
            return max(0, limit - self._held) if self._held < self._wake_below else 0

    def is_hoarding(self) -> bool:
        """Whether claims wait although no slot has come free for a while."""
        waited = time.monotonic() - self._last_begun
        return self._held > self._size and waited > HOARD_SECONDS

    def take_back(self) -> list[ClaimedJob]:
        """Claims that have not begun; they are the caller's again."""
        claims: list[ClaimedJob] = []
        while True:
            try:
                claim = self._waiting.get_nowait()
            except queue.Empty:
                break
            if claim is not None:
                claims.append(claim)
        self._release(len(claims))
        return claims

    def interrupt_overdue(self) -> None:
        """Interrupts handlers past their time; gives up those that do not stop."""
        for attempt in list(self._running.values()):
            if attempt.interrupt_if_overdue() and attempt.seconds_overdue() > STUCK_SECONDS:
                self._give_up(attempt)

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Waits until nothing runs; False if something still does when the time is over."""
        with self._changed:
            self._wake_below = 1
            return self._changed.wait_for(lambda: self._held == 0, timeout_seconds)

    def stop(self) -> None:
        """Ends the threads that are idle; the others end with their job."""
        for _ in range(self._size):
            self._waiting.put(None)

    def _start_thread(self) -> None:
        self._threads_made += 1
        threading.Thread(target=self._work, name=f"slot-{self._threads_made}", daemon=True).start()

    def _work(self) -> None:
        thread_id = threading.get_ident()
        try:
            while (claim := self._waiting.get()) is not None:
                began = self._last_begun = time.monotonic()
                attempt = self._running[thread_id] = Attempt(claim)
                outcome = self._run(attempt)
                del self._running[thread_id]
                if not attempt.settle():
                    return  # given up: another thread has taken this slot
                self._pace.ran(time.monotonic() - began)
                # Handed on before the slot is free: a stop that sees no slot busy has it all.
                self._finished(Finished(claim, outcome))
                self._release(1)
        finally:
            connections.close_all()

    def _give_up(self, attempt: Attempt) -> None:
        """A thread cannot be killed: it is left behind, and its slot goes to a new one."""
        if not attempt.settle():
            return
        self.stuck += 1
        self._finished(Finished(attempt.claim, self._give_up_on(attempt)))
        self._start_thread()
        self._release(1)

    def _release(self, count: int) -> None:
        with self._changed:
            self._held -= count
            if self._held < self._wake_below:
                self._changed.notify_all()
