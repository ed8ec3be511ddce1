"""Group commit between threads: what arrives during one commit goes into the next."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from django.db import Error, connection

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Write = Callable[[Sequence[Item]], Sequence[Answer]]


class GroupCommit(Generic[Item, Answer]):
    """Threads that write at the same moment share one commit.

    The first thread to arrive leads: it writes the items of all threads that wait. Then the next
    one in line leads. So no item is delayed to make a group larger, a thread that is alone writes
    at once, and no extra thread is needed.

    `write` commits items in one transaction, on the calling thread's connection, and returns an
    answer for each. An item that waits for a lock holds up its whole group: callers keep out items
    that may have to.
    """

    def __init__(self, write: Write[Item, Answer]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._waiting: list[_Seat[Item, Answer]] = []
        self._is_led = False

    def write(self, item: Item) -> Answer:
        """Returns the answer for this item once it is committed; raises what `write` raises."""
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
        # PostgreSQL refused the group because of one item: this item is written alone.
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
                    self._waiting[0].wake()  # it is not served, so it leads
                else:
                    self._is_led = False
            for seat in seats:
                seat.is_served = True
                seat.wake()

    def _serve(self, seats: "Sequence[_Seat[Item, Answer]]") -> None:
        """Gives each seat an answer, or an error; neither means that it must write alone."""
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
    """A thread in the queue, with its item."""

    __slots__ = ("_turn", "answer", "error", "is_served", "item")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.answer: Answer | None = None
        self.error: Error | None = None
        self.is_served = False
        self._turn = threading.Lock()
        self._turn.acquire()

    def wait(self) -> None:
        """Blocks until `wake` is called."""
        self._turn.acquire()

    def wake(self) -> None:
        self._turn.release()


def _is_undone(error: Error) -> bool:
    """Whether it is certain that nothing was written: PostgreSQL refused, and is still connected.

    If the connection was lost, the commit may have gone through: writing again could write twice.
    """
    refused = getattr(error.__cause__, "sqlstate", None) is not None
    return refused and connection.connection is not None and not connection.connection.closed
