"""Group commit between threads: what comes while one commit is in flight goes into the next."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from django.db import Error, connection

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Write = Callable[[Sequence[Item]], Sequence[Answer]]


class GroupCommit(Generic[Item, Answer]):
    """Threads that write at the same moment write together; one alone waits for nobody.

    The first to come leads: it writes for everybody who waits, then the next in line leads. So
    nothing is delayed for the sake of a larger group, and there is no thread of its own.

    `write`: commits items in one transaction on the calling thread's connection and answers for
    each. No item should have to wait for a lock, as all of its group would. (A job waits for its
    client's row where somebody has locked that by hand.)
    """

    def __init__(self, write: Write[Item, Answer]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._waiting: list[_Seat[Item, Answer]] = []
        self._is_led = False

    def write(self, item: Item) -> Answer:
        """The answer for this item, which is committed by then; raises what `write` raises."""
        seat = _Seat[Item, Answer](item)
        with self._lock:
            self._waiting.append(seat)
            leads, self._is_led = not self._is_led, True
        if not leads:
            seat.wait()
        if not seat.is_served:
            self._lead()
        if seat.error is not None:
            raise type(seat.error)(*seat.error.args) from seat.error
        if seat.answer is not None:
            return seat.answer
        # Another item has spoilt the group, and nothing was written: this one is written alone.
        [answer] = self._write([item])
        return answer

    def _lead(self) -> None:
        with self._lock:
            seats, self._waiting = self._waiting, []
        try:
            self._serve(seats)
        finally:
            with self._lock:
                if self._waiting:
                    self._waiting[0].wake()  # not served: it leads
                else:
                    self._is_led = False
            for seat in seats:
                seat.is_served = True
                seat.wake()

    def _serve(self, seats: "Sequence[_Seat[Item, Answer]]") -> None:
        """Gives every seat an answer or an error; or neither, if it is to write alone."""
        try:
            answers = self._write([seat.item for seat in seats])
        except Error as error:
            if len(seats) == 1:
                raise
            if not _is_undone(error):
                for seat in seats:
                    seat.error = error
            return
        for seat, answer in zip(seats, answers, strict=True):
            seat.answer = answer


class _Seat(Generic[Item, Answer]):
    """One thread and what it wants written."""

    __slots__ = ("_turn", "answer", "error", "is_served", "item")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.answer: Answer | None = None
        self.error: Error | None = None
        self.is_served = False
        self._turn = threading.Lock()
        self._turn.acquire()

    def wait(self) -> None:
        """Until `wake`."""
        self._turn.acquire()

    def wake(self) -> None:
        self._turn.release()


def _is_undone(error: Error) -> bool:
    """Whether nothing was written for certain: PostgreSQL said no, and is still there.

    When the connection is lost the commit may have gone through, and writing again would be twice.
    """
    refused = getattr(error.__cause__, "sqlstate", None) is not None
    return refused and connection.connection is not None and not connection.connection.closed
