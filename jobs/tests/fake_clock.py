"""Time that passes when a test says so."""

import threading


class FakeClock:
    """A `Clock` whose waits take no time: they are noted, and move the clock."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        self.sleep(seconds)
        return stop.is_set()
