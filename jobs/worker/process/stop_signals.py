"""Signals: the first one asks for a graceful stop, the second one is immediate."""

import os
import signal
from types import FrameType

# Something was still running after the grace period, or a part had died.
EXIT_UNFINISHED = 3
EXIT_IMMEDIATE = 130


class StopSignals:
    """Notes SIGTERM or SIGINT; the next one ends the process where it stands.

    What was running then is rescued by the other workers. The handler sets a plain flag, which
    the main thread polls: it may interrupt that thread in the middle of anything, and must not
    wait for a lock that the same thread holds.
    """

    def __init__(self) -> None:
        self.received = False

    def listen(self, *, supervised: bool = False) -> None:
        """To be called on the main thread.

        Ctrl-C reaches a whole process group. A supervised process hears of it by SIGTERM alone,
        or the two would count as the second signal.
        """
        signal.signal(signal.SIGTERM, self._handle)
        signal.signal(signal.SIGINT, signal.SIG_IGN if supervised else self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.received:
            os._exit(EXIT_IMMEDIATE)
        self.received = True
