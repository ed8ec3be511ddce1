"""One system through all phases."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles

from tools.benchmark.peers.driven import Driven
from tools.benchmark.phases.options import Options
from tools.benchmark.phases.phases import PHASES, Field, Phase
from tools.benchmark.phases.servers import SlowStatement
from tools.benchmark.progress import Progress

LOOK_SECONDS = 0.25
WARM_UP_SECONDS = 3.0
# What a killed worker held is done once that worker counts as dead: half a minute, by default.
PATIENCE_SECONDS = 120.0


@dataclass
class PhaseFigures:
    """`begun`: jobs whose handler began in the phase; `p50`, `p99`: how long they had waited, in
    milliseconds. `backlog`: enqueued and not begun, when the phase ended. `ended`: workers that
    ended by themselves, and were replaced. `failed`: calls to enqueue that raised an error.
    """

    name: str
    what: str
    seconds: float
    enqueued: int
    begun: int
    p50: float | None
    p99: float | None
    backlog: int
    dead_rows: float
    ended: int
    failed: int
    slow: list[SlowStatement] = field(default_factory=list)

    @property
    def enqueued_a_second(self) -> float:
        return self.enqueued / self.seconds

    @property
    def begun_a_second(self) -> float:
        return self.begun / self.seconds


@dataclass
class SystemRun:
    """`caught_up_seconds`: from the end of the load until every job had begun; None if some did
    not, which `left` counts.
    """

    title: str
    version: str
    phases: list[PhaseFigures]
    caught_up_seconds: float | None
    left: int

    def phase(self, name: str) -> PhaseFigures | None:
        """None where it was not asked for."""
        return next((one for one in self.phases if one.name == name), None)

    @property
    def held_ratio(self) -> float | None:
        """p99 beside the open transaction, divided by that of the clean phase."""
        clean, held = self.phase("clean"), self.phase("held")
        if clean is None or held is None or not clean.p99 or held.p99 is None:
            return None
        return held.p99 / clean.p99


class PhasesRun:
    """Counts what was enqueued and what has begun, from the first phase to the last job."""

    def __init__(self, field_: Field, options: Options, progress: Progress) -> None:
        self._field = field_
        self._system: Driven = field_.system
        self._options = options
        self._progress = progress
        self._made = 0
        self._failed = 0
        self._begun = 0

    def run(self) -> SystemRun:
        """Raises BenchmarkError if the system gives up."""
        system = self._system
        system.ask("workers", count=self._options.workers)
        system.ask("wake")
        system.ask("produce", per_second=self._options.per_second)
        self._phase(Phase("", "warm-up"), WARM_UP_SECONDS)
        phases = []
        for name in self._options.only:
            phase = PHASES[name]
            held = name == "held"
            seconds = self._options.held_seconds if held else self._options.seconds
            self._progress.step(f"{name}, {phase.what}, {seconds} s")
            phases.append(self._phase(phase, seconds))
        self._note_made(system.ask("produce", per_second=0))
        self._progress.step("until every job has begun")
        caught_up, left = self._catch_up()
        system.ask("workers", count=0)
        return SystemRun(system.system.title, system.version, phases, caught_up, left)

    def _phase(self, phase: Phase, seconds: float) -> PhaseFigures:
        slow_before = len(self._field.postgres.slow_statements())
        began, ended = time.monotonic(), 0
        due = began
        with phase.around(self._field):
            while (now := time.monotonic()) < began + seconds:
                if phase.step is not None and now >= due:
                    phase.step(self._field)
                    due = now + (phase.every_seconds or seconds)
                ended += int(self._system.ask("tend")["ended"])
                time.sleep(LOOK_SECONDS)
        waits = self._waits()
        took = time.monotonic() - began
        enqueued, failed = self._note_made(self._system.ask("made"))
        slow = self._field.postgres.slow_statements()
        # The log is that of the last start: after a crash it is short.
        slow = slow[slow_before:] if len(slow) >= slow_before else slow
        return PhaseFigures(
            phase.name,
            phase.what,
            took,
            enqueued,
            len(waits),
            *_percentiles(waits),
            backlog=max(0, self._made - self._begun),
            dead_rows=float(self._system.ask("dead_rows")["rows"]),
            ended=ended,
            failed=failed,
            slow=slow,
        )

    def _catch_up(self) -> tuple[float | None, int]:
        began = time.monotonic()
        while self._begun < self._made:
            if time.monotonic() - began > PATIENCE_SECONDS:
                return None, self._made - self._begun
            self._system.ask("tend")
            time.sleep(LOOK_SECONDS)
            self._waits()
        return time.monotonic() - began, 0

    def _waits(self) -> list[float]:
        waits: list[float] = self._system.ask("stamps")["waits"]
        self._begun += len(waits)
        return waits

    def _note_made(self, answer: "dict[str, int] | object") -> tuple[int, int]:
        """How many jobs, and how many failed calls, there are more than before."""
        assert isinstance(answer, dict)
        made, failed = answer["made"] - self._made, answer["failed"] - self._failed
        self._made, self._failed = answer["made"], answer["failed"]
        return made, failed


def _percentiles(waits: Sequence[float]) -> tuple[float | None, float | None]:
    if len(waits) < 2:
        return None, None
    cuts = quantiles(waits, n=100, method="inclusive")
    return cuts[49], cuts[98]
