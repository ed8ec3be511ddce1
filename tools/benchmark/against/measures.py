"""What a turn does, and the figures that come of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from tools.benchmark.against.version import Version
from tools.benchmark.errors import BenchmarkError
from tools.benchmark.http_load import CONNECTIONS, EMPTY_PATH, Load

BATCH = 1_000

Answer = Mapping[str, Any]
"""`seconds`: how long the counted work took; and what else was measured."""

Turn = Callable[[int], Answer]
"""Does that many of something."""


@dataclass(frozen=True)
class Figure:
    """A number that comes of each turn. `of` takes the count of the turn and the answer."""

    name: str
    unit: str
    less_is_better: bool
    of: Callable[[int, Answer], float]


@dataclass(frozen=True)
class Measure:
    """`prepare` gives the turns of a version. The first turn does `count`, others multiples of
    `step` that take about as long as wanted, unless `calibrated` is false.
    """

    prepare: Callable[[Version], Any]
    figures: Sequence[Figure]
    count: int
    step: int
    calibrated: bool = True


def measures(processes: int) -> dict[str, Measure]:
    """By the name that `--only` takes. `processes`: workers of the drain with several."""
    return {
        "drain": _drain(
            1,
            rate("drain, 1 process", "jobs/s"),
            wal("WAL of a drained job"),
            table("tables of a drained job"),
        ),
        "drains": _drain(processes, rate(f"drain, {processes} processes", "jobs/s")),
        "enqueue": Measure(_asks("enqueue"), [rate("enqueue one", "jobs/s")], 500, 100),
        "bulk": Measure(
            _asks("bulk"),
            [rate("enqueue many", "jobs/s"), wal("WAL of an enqueued job")],
            *(10 * BATCH, BATCH),
        ),
        "addJob": Measure(
            _posts(_one_job_a_call), [rate("/addJob", "requests/s")], 320, CONNECTIONS
        ),
        "view": Measure(
            _posts(_empty_calls, accepts=False),
            [rate("an empty view", "requests/s")],
            *(640, CONNECTIONS),
        ),
        "addJobs": Measure(
            _posts(_many_jobs_a_call),
            [rate("/addJobs", "jobs/s")],
            *(CONNECTIONS * BATCH, CONNECTIONS * BATCH),
        ),
        "pickup": Measure(
            _asks("pickup", workers=1),
            [wait("pick-up p50", "p50"), wait("pick-up p99", "p99")],
            *(100, 1),
            calibrated=False,
        ),
    }


def _drain(processes: int, *figures: Figure) -> Measure:
    return Measure(_asks("drain", workers=processes), figures, 10 * BATCH, BATCH)


def _asks(question: str, workers: int = 0) -> Callable[[Version], Any]:
    """Turns that the driver does alone, with that many workers running."""

    @contextmanager
    def prepare(version: Version) -> Iterator[Turn]:
        with version.on_turn():
            version.ask("workers", count=workers)
        yield lambda count: version.ask(question, count=count)

    return prepare


def _posts(send: Callable[[Load, int], float], *, accepts: bool = True) -> Callable[[Version], Any]:
    """Turns in which calls of the API come from this process; no worker runs.

    `accepts`: as many jobs must lie in the table afterwards as `send` was asked for.
    """

    @contextmanager
    def prepare(version: Version) -> Iterator[Turn]:
        with ExitStack() as stack:
            with version.on_turn():
                version.ask("workers", count=0)
            calls = stack.enter_context(version.calls())

            def turn(count: int) -> Answer:
                version.ask("clear")
                seconds = send(calls, count)
                accepted = version.ask("rows")["rows"]
                if accepts and accepted != count:  # 200 is also the answer to a thousand refusals
                    raise BenchmarkError(f"the API accepted {accepted} jobs of {count}")
                return {"seconds": seconds}

            yield turn

    return prepare


def _one_job_a_call(calls: Load, count: int) -> float:
    return calls.timed(calls.requests("/addJob", _jobs(count)), expected=202)


def _empty_calls(calls: Load, count: int) -> float:
    return calls.timed(calls.requests(EMPTY_PATH, _jobs(count)), expected=200)


def _many_jobs_a_call(calls: Load, count: int) -> float:
    sizes = [min(BATCH, count - start) for start in range(0, count, BATCH)]
    bodies = [{"jobs": _jobs(size)} for size in sizes]
    return calls.timed(calls.requests("/addJobs", bodies), expected=200)


def _jobs(count: int) -> list[dict[str, Any]]:
    return [{"type": "against.empty", "payload": {"number": number}} for number in range(count)]


def rate(name: str, unit: str) -> Figure:
    """How many a second."""
    return Figure(name, unit, False, lambda count, answer: count / answer["seconds"])


def wal(name: str) -> Figure:
    """Bytes of log for each."""
    return Figure(name, "bytes", True, lambda count, answer: float(answer["wal"]))


def table(name: str) -> Figure:
    """Bytes that tables and indexes have grown for each."""
    return Figure(name, "bytes", True, lambda count, answer: float(answer["table"]))


def wait(name: str, percentile: str) -> Figure:
    """A percentile of waits, in milliseconds."""
    return Figure(name, "ms", True, lambda count, answer: float(answer[percentile]))
