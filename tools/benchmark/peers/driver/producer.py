"""Enqueues jobs at a steady rate in the background."""

import threading
import time

from tools.benchmark.peers.driver.measured import BATCH, STAMP, MeasuredSystem

# Small calls, often: between two of them no job waits for others to come together.
EVERY_SECONDS = 0.05
# After a call that failed, because PostgreSQL was away or its session was ended.
AGAIN_SECONDS = 0.2


class Producer:
    """Stamps, from the moment it is made until it ends. What it misses it makes up for.

    `made`: how many it has enqueued. `failed`: calls that have raised an error.
    """

    def __init__(self, system: MeasuredSystem, per_second: float) -> None:
        self._system = system
        self._per_second = per_second
        self._stop = threading.Event()
        self.made = 0
        self.failed = 0
        self._thread = threading.Thread(target=self._work, name="producer", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Returns when it has made its last call."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        began = time.monotonic()
        while not self._stop.wait(EVERY_SECONDS):
            due = int((time.monotonic() - began) * self._per_second) - self.made
            if due <= 0:
                continue
            part = min(due, BATCH)
            try:
                self._system.accept(STAMP, part)
            except Exception:  # noqa: BLE001 - each system has errors of its own
                self.failed += 1
                self._stop.wait(AGAIN_SECONDS)
            else:
                self.made += part
