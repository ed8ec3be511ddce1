"""The questions that are put to each system, and how each is answered."""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from statistics import quantiles
from typing import Any

from tools.benchmark.peers.driver.crew import Crew
from tools.benchmark.peers.driver.measured import BATCH, EMPTY, STAMP, MeasuredSystem
from tools.benchmark.peers.driver.producer import Producer
from tools.benchmark.peers.driver.tables import Tables
from tools.benchmark.stamp_line import STAMPS
from tools.errors import ToolError
from tools.waiting import wait_until

EVERY_SECONDS = 0.02  # between the jobs whose pick-up is timed
WARM_UP = 5  # the first jobs after a pause find cold caches
TURN_SECONDS = 120.0  # far above what a turn takes; then something is broken
# What is asked meanwhile is one row by an index.
LOOK_SECONDS = 0.01

Answer = Mapping[str, Any]


class Driver:
    """Each public method answers the question of the same name."""

    def __init__(self, system: MeasuredSystem, directory: Path) -> None:
        self._system = system
        self._crew = Crew(system, directory)
        self._tables = Tables(system.tables)
        self._stamps = Path(os.environ[STAMPS])
        self._stamps.touch()
        self._read = 0  # bytes of the stamps that were told
        self._producer: Producer | None = None

    def prepare(self) -> Answer:
        """Makes the tables; answers with their names and the version of the system."""
        self._system.prepare()
        return {"version": self._system.version, "tables": list(self._system.tables)}

    def workers(self, count: int, slots: int | None = None) -> Answer:
        """Sees to it that so many new workers run. They are frozen until they are woken."""
        self._crew.set(count, slots)
        self._crew.freeze()
        return {}

    def wake(self) -> Answer:
        """A turn begins."""
        self._crew.thaw()
        return {}

    def rest(self) -> Answer:
        """A turn has ended: the others are to have the machine for themselves."""
        self._crew.freeze()
        return {}

    def drain(self, count: int, kind: str = EMPTY) -> Answer:
        """Jobs lie in the queue while the workers are frozen; then the workers go on.

        Seconds until no job is left; bytes of log a job meanwhile; bytes a job by which tables and
        indexes have grown, since before the jobs were enqueued.
        """
        self._clear()
        empty = self._tables.bytes()
        self._crew.freeze()
        self._accept(kind, count)
        self._tables.vacuum()
        before = self._tables.log_position()
        started = time.perf_counter()
        self._crew.thaw()
        self._wait_until_done()
        seconds = time.perf_counter() - started
        costs = self._costs(count, before)
        if costs:
            costs["table"] = (self._tables.bytes() - empty) / count
        return {"seconds": seconds, **costs}

    def enqueue(self, count: int) -> Answer:
        """Single calls, one after the other."""
        self._clear()
        self._tables.vacuum()
        started = time.perf_counter()
        self._system.accept_each(EMPTY, count)
        return {"seconds": time.perf_counter() - started}

    def bulk(self, count: int) -> Answer:
        """A thousand jobs a call; bytes of log a job."""
        self._clear()
        self._tables.vacuum()
        before = self._tables.log_position()
        started = time.perf_counter()
        self._accept(EMPTY, count)
        seconds = time.perf_counter() - started
        return {"seconds": seconds, **self._costs(count, before)}

    def pickup(self, count: int) -> Answer:
        """Milliseconds from the call to the handler of an idle worker, a job every 20 ms."""
        self._clear()
        self._waits(WARM_UP)
        started = time.perf_counter()
        percentiles = quantiles(self._waits(count), n=100, method="inclusive")
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "p50": percentiles[49], "p99": percentiles[98]}

    def produce(self, per_second: float) -> Answer:
        """Enqueues that many stamps a second from now on, in the background; 0 ends it.

        Answers as `made` does, with what the last producer has done.
        """
        if self._producer:
            self._producer.end()
        answer = self.made()
        self._producer = Producer(self._system, per_second) if per_second else None
        return answer

    def made(self) -> Answer:
        """How many the producer has enqueued so far, and how many of its calls have failed."""
        if self._producer is None:
            return {"made": 0, "failed": 0}
        return {"made": self._producer.made, "failed": self._producer.failed}

    def stamps(self) -> Answer:
        """Milliseconds that the jobs have waited which have begun since the last such question."""
        with self._stamps.open("rb") as file:
            file.seek(self._read)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._read += len(whole) + len(newline)
        return {"waits": [float(line) * 1_000 for line in whole.split()]}

    def dead_rows(self) -> Answer:
        """How many row versions of the jobs' tables wait for vacuum."""
        return {"rows": self._tables.dead_rows()}

    def kill(self) -> Answer:
        """SIGKILL for one worker, and another one in its place."""
        self._crew.kill_one()
        return {}

    def tend(self) -> Answer:
        """Replaces workers that have ended by themselves, as a supervisor would; says how many."""
        return {"ended": self._crew.replace_ended()}

    def end(self) -> None:
        """Stops what was started."""
        if self._producer:
            self._producer.end()
        self._crew.end()
        self._tables.close()
        with suppress(ToolError):
            self._system.end()

    def _clear(self) -> None:
        self._tables.empty()
        self._system.forget()

    def _accept(self, kind: str, count: int) -> None:
        for first in range(0, count, BATCH):
            self._system.accept(kind, min(BATCH, count - first))

    def _waits(self, count: int) -> list[float]:
        self._stamps.write_text("")
        due = time.monotonic()
        for _ in range(count):
            self._system.accept_each(STAMP, 1)
            due += EVERY_SECONDS
            time.sleep(max(0.0, due - time.monotonic()))
        self._wait(lambda: self._stamps.read_text().count("\n") >= count)
        return [float(line) * 1_000 for line in self._stamps.read_text().splitlines()]

    def _wait_until_done(self) -> None:
        self._wait(self._system.is_done)

    def _wait(self, condition: Any) -> None:
        def holds() -> bool:
            self._crew.check()
            return bool(condition())

        wait_until(holds, TURN_SECONDS, "the turn did not end", every_seconds=LOOK_SECONDS)

    def _costs(self, count: int, before: str) -> dict[str, float]:
        """Empty where the jobs are not in PostgreSQL."""
        if not self._system.tables:
            return {}
        return {"wal": self._tables.log_since(before) / count}
