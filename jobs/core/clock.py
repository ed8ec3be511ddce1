"""Time inside a process: tests pass a fake one. Times that matter to others are the database's."""

import threading
import time
from typing import Protocol

HOUR_SECONDS = 3_600
DAY_SECONDS = 24 * HOUR_SECONDS


class Clock(Protocol):
    """What the parts of a worker know of time. Each is given one; none asks `time` itself."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment; goes on while the process is frozen."""
        ...

    def sleep(self, seconds: float) -> None:
        """Waits that long."""
        ...

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Waits that long, or until `stop` is set; returns whether it is set."""
        ...


class SystemClock:
    """The real one."""

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        return stop.wait(seconds)
