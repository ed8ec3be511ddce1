"""Lets time pass, until a signal asks everything to stop.

Signal handlers only set a flag. An exception out of a handler may be raised anywhere: inside a
fork it would leave the locks of other modules held for ever.
"""

import signal
import time
from types import FrameType

_LONGEST_SECONDS = 0.1


class Stopped(Exception):
    """A signal asks everything to stop."""


class _Signals:
    """Whether a signal came, and whether `Stopped` was raised for it."""

    def __init__(self) -> None:
        self.came = False
        self.told = False

    def note(self, number: int, frame: FrameType | None) -> None:
        self.came = True


_signals = _Signals()


def watch_signals() -> None:
    """From now on `pause` raises `Stopped`, once, after SIGINT, SIGTERM or SIGHUP."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _signals.note)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # which nohup asks for
        signal.signal(signal.SIGHUP, _signals.note)


def stopping() -> bool:
    """Whether a signal has come; for threads beside the main one."""
    return _signals.came


def pause(seconds: float) -> None:
    """Lets time pass; raises `Stopped` if it is over."""
    until = time.monotonic() + seconds
    while True:
        if _signals.came and not _signals.told:
            _signals.told = True  # only once: stopping everything calls `pause`, too
            raise Stopped
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, _LONGEST_SECONDS))
