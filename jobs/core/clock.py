"""Time inside a process: tests pass a fake one. Times that matter to others are the database's."""

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """What the worker's parts know of time."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment; goes on while the process is frozen."""
        ...

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Waits that long, or until `stop` is set; returns whether it is set."""
        ...


class SystemClock:
    """The real one."""

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        return stop.wait(seconds)
