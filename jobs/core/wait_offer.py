"""How a call says to its server that its answer is still to come.

A server that can let clients wait without a thread lays a `WaitOffer` into the environment of each
call. A view that has nothing to answer yet takes it; what it answers then is not sent, and the call
is made once more when there is news. Other servers lay nothing there, and calls answer at once.
"""

from collections.abc import Callable
from typing import Any

ENVIRONMENT_KEY = "jobs.wait_offer"


class WaitOffer:
    """One request that may wait; used by one thread at a time, but `leave` by any.

    `wake`: what any thread calls when there is news. The server sets `is_over` before a call that
    has to answer, and `has_begun` before every call but the first. A view sets `is_waiting` if more
    is to come, within `seconds` from its first answer. With `is_stream` each answer is sent, as one
    part of a stream whose next part begins at `cursor`; without it only the last answer is sent.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self.wake = wake
        self.is_over = False
        self.is_waiting = False
        self.is_stream = False
        self.has_begun = False
        self.seconds = 0.0
        self.cursor = ""
        self.place: Any = None
        self._give_up: Callable[[], None] | None = None
        self._has_left = False

    def hold(self, place: Any, give_up: Callable[[], None]) -> None:
        """The view has taken a place among those who wait; `give_up` gives it up again."""
        self.place = place
        self._give_up = give_up
        if self._has_left:  # meanwhile, in another thread
            give_up()

    def leave(self) -> None:
        """Nobody waits any more."""
        self._has_left = True
        if self._give_up is not None:
            self._give_up()
