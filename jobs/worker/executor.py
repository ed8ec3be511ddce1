"""N threads that run attempts."""

import queue
import threading
from collections.abc import Callable

from django.db import connections

from jobs.claim import ClaimedJob
from jobs.outcome import Outcome
from jobs.services.lifecycle import Finished


class Executor:
    """Runs submitted claims on a fixed number of threads and hands on what they led to."""

    def __init__(
        self,
        size: int,
        run: Callable[[ClaimedJob], Outcome],
        finished: Callable[[Finished], None],
    ) -> None:
        self._size = size
        self._run = run
        self._finished = finished
        self._waiting: queue.SimpleQueue[ClaimedJob | None] = queue.SimpleQueue()
        self._held = 0
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, name=f"slot-{number}", daemon=True)
            for number in range(size)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def submit(self, claims: list[ClaimedJob]) -> None:
        with self._changed:
            self._held += len(claims)
        for claim in claims:
            self._waiting.put(claim)

    def room(self) -> int:
        """How many more claims a slot is free for."""
        return max(0, self._size - self._held)

    def wait_for_room(self, timeout_seconds: float) -> int:
        """Waits until a slot is free, or the time is over; returns how many are free."""
        with self._changed:
            self._changed.wait_for(lambda: self._held < self._size, timeout_seconds)
            return self.room()

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

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Waits until nothing runs; False if something still does when the time is over."""
        with self._changed:
            return self._changed.wait_for(lambda: self._held == 0, timeout_seconds)

    def stop(self) -> None:
        """Ends the threads that are idle; the others end with their job."""
        for _ in self._threads:
            self._waiting.put(None)

    def _work(self) -> None:
        try:
            while (claim := self._waiting.get()) is not None:
                outcome = self._run(claim)
                # Handed on before the slot is free: a stop that sees no slot busy has it all.
                self._finished(Finished(claim, outcome))
                self._release(1)
        finally:
            connections.close_all()

    def _release(self, count: int) -> None:
        with self._changed:
            self._held -= count
            self._changed.notify_all()
