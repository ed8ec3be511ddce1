"""The worker processes of the system that is measured."""

import os
import signal
from contextlib import suppress
from itertools import count
from pathlib import Path

from tools.benchmark.peers.driver.measured import MeasuredSystem
from tools.child import Child

# Longer than any machine takes, also a busy one.
START_SECONDS = 180.0
STOP_SECONDS = 40.0


class Crew:
    """Starts, freezes, kills and ends workers."""

    def __init__(self, system: MeasuredSystem, directory: Path) -> None:
        self._system = system
        self._directory = directory
        self._numbers = count(1)
        self._slots: int | None = None
        self.workers: list[Child] = []

    def set(self, number: int, slots: int | None) -> None:
        """Sees to it that so many new ones run, and take jobs; the old ones end first."""
        self.end()
        self._slots = slots
        self.workers = [self._started() for _ in range(number)]
        for worker in self.workers:
            self._wait(worker)

    def freeze(self) -> None:
        """Stops them where they are."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets them go on."""
        self._send(signal.SIGCONT)

    def check(self) -> None:
        """Raises ToolError, with the end of its log, if one has ended."""
        for worker in self.workers:
            worker.check()

    def kill_one(self) -> None:
        """SIGKILL for the first one; another one takes its place, as a supervisor would see to."""
        victim = self.workers.pop(0)
        victim.kill_all()
        self.workers.append(self._started())

    def replace_ended(self) -> int:
        """Starts another one for each that has ended; returns how many had."""
        alive = [worker for worker in self.workers if worker.alive]
        ended = len(self.workers) - len(alive)
        self.workers = [*alive, *(self._started() for _ in range(ended))]
        return ended

    def end(self) -> None:
        """Ends them all."""
        self.thaw()
        for worker in self.workers:
            worker.ask_to_stop()
        for worker in self.workers:
            worker.wait(STOP_SECONDS)
        self.workers = []

    def _started(self) -> Child:
        number = next(self._numbers)
        return Child(
            f"worker {number}",
            self._system.worker(self._slots),
            log=self._directory / f"worker-{number}.log",
            environment=os.environ,
            program=self._system.program,
        )

    def _wait(self, worker: Child) -> None:
        worker.wait_until(lambda: worker.says(self._system.ready), START_SECONDS)

    def _send(self, number: signal.Signals) -> None:
        for worker in self.workers:
            with suppress(ProcessLookupError):
                os.killpg(worker.pid, number)
