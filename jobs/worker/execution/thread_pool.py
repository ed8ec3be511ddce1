"""N threads that run attempts, and a watch over those that overrun their time."""

import queue
import threading
from collections.abc import Callable

from django.db import connections

from jobs.core.claim import ClaimedJob
from jobs.core.outcome import Outcome, Succeeded
from jobs.services.attempts import Finished
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.capacity import Capacity

# How long an interrupted handler may take to stop before its slot is given to another thread.
STUCK_SECONDS = 5.0


class ThreadPool:
    """Runs submitted claims on a fixed number of threads and hands on what they led to.

    Some claims may wait behind the slots, as many as its `room` welcomes.
    """

    def __init__(
        self,
        room: Capacity,
        run: Callable[[Attempt], Outcome],
        give_up: Callable[[Attempt], Outcome],
        finished: Callable[[Finished], None],
    ) -> None:
        self.room = room
        self._run = run
        self._give_up_on = give_up
        self._finished = finished
        self._waiting: queue.SimpleQueue[ClaimedJob | None] = queue.SimpleQueue()
        self._running: dict[int, Attempt] = {}
        self._threads_made = 0
        self._lock = threading.Lock()
        self.stuck = 0  # handlers that go on although they were given up
        self.is_alive = True

    def start(self) -> None:
        for _ in range(self.room.size):
            self._start_thread()

    def submit(self, claims: list[ClaimedJob]) -> None:
        self.room.take(len(claims))
        for claim in claims:
            self._waiting.put(claim)

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
        self.room.release(len(claims))
        return claims

    def welcome(self, *, look_ahead: bool) -> int:
        """How many more claims; to be called with the room's condition held."""
        return self.room.welcome(look_ahead=look_ahead)

    def is_stalled(self) -> bool:
        """Whether claims wait although no slot has come free for a while."""
        return self.room.is_stalled()

    def interrupt_overdue(self) -> None:
        """Interrupts handlers past their time; gives up those that do not stop."""
        for attempt in list(self._running.values()):
            if attempt.interrupt_if_overdue() and attempt.seconds_overdue() > STUCK_SECONDS:
                self._give_up(attempt)

    def stop(self) -> None:
        """Ends the threads that are idle; the others end with their job."""
        for _ in range(self.room.size):
            self._waiting.put(None)

    def _start_thread(self) -> None:
        self._threads_made += 1
        threading.Thread(target=self._work, name=f"slot-{self._threads_made}", daemon=True).start()

    def _work(self) -> None:
        thread_id = threading.get_ident()
        try:
            while (claim := self._waiting.get()) is not None:
                begun = self.room.begun()
                attempt = self._running[thread_id] = Attempt(claim)
                try:
                    outcome = self._run(attempt)
                except BaseException as mistake:  # noqa: BLE001 - the slot must go on
                    outcome = attempt.mistaken(mistake)
                del self._running[thread_id]
                if not attempt.settle():
                    self._ended_late(claim, outcome)
                    return  # given up: another thread has taken this slot
                self.room.ended(begun)
                # Handed on before the slot is free: a stop that sees no slot busy has it all.
                self._finished(Finished(claim, outcome))
                self.room.release(1)
        except BaseException:
            self.is_alive = False
            raise
        finally:
            connections.close_all()

    def _ended_late(self, claim: ClaimedJob, outcome: Outcome) -> None:
        """Only a success is still of use: it settles a dead letter that says *outcome unknown*."""
        with self._lock:
            self.stuck -= 1
        if isinstance(outcome, Succeeded):
            self._finished(Finished(claim, outcome))

    def _give_up(self, attempt: Attempt) -> None:
        """A thread cannot be killed: it is left behind, and its slot goes to a new one."""
        if not attempt.settle():
            return
        with self._lock:
            self.stuck += 1
        self._finished(Finished(attempt.claim, self._give_up_on(attempt)))
        self._start_thread()
        self.room.release(1)
