"""Two versions take turns, and each figure of the one is divided by that of the other."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tools.benchmark.against.spread import Spread, spread
from tools.benchmark.against.version import Version, running, tree_of
from tools.benchmark.errors import BenchmarkError
from tools.benchmark.http_load import CONNECTIONS, load
from tools.benchmark.options import Options
from tools.benchmark.processes import API_PROCESSES
from tools.benchmark.progress import complain
from tools.benchmark.sizes import Sizes
from tools.checkout import CHECKOUT
from tools.terminal import say, table

BATCH = 1_000

Turn = Callable[[Version], dict[str, float]]


@dataclass(frozen=True)
class Measure:
    """What a turn does; of each of its figures the name, the unit, and whether less is better."""

    turn: Turn
    figures: dict[str, tuple[str, str, bool]]


@dataclass(frozen=True)
class Compared:
    """One figure of both versions: medians of their turns, and the ratio of the pairs."""

    name: str
    unit: str
    new: float
    old: float
    spread: Spread


def compare(options: Options) -> int:
    """Prints the ratio of each figure; exit code 1 if one is worse by more than its spread."""
    assert options.against is not None
    try:
        compared = _compared(options, options.against)
    except BenchmarkError as error:
        complain(f"The comparison ended early: {error}")
        return 1
    say(_as_json(compared) if options.json else _heading(options))
    if not options.json:
        table(
            ("figure", "this", options.against[:12], "unit", "ratio", "95 % of it", ""),
            [_row(one) for one in compared],
        )
    worse = [one.name for one in compared if one.spread.is_worse]
    if worse and not options.json:
        complain(f"Worse by more than 3 % and by more than the spread: {', '.join(worse)}.")
    return 1 if worse else 0


def _compared(options: Options, commit: str) -> list[Compared]:
    with ExitStack() as stack:
        tree = stack.enter_context(tree_of(commit))
        _tell_if_requirements_differ(tree)
        versions = [
            stack.enter_context(running("new", CHECKOUT)),
            stack.enter_context(running("old", tree)),
        ]
        compared: list[Compared] = []
        for name, measure in _measures(options.sizes).items():
            if name in options.only:
                complain(f"{name}: {options.sizes.repeat} pairs of turns")
                compared += _in_pairs(measure, versions, options.sizes.repeat)
        return compared


def _in_pairs(measure: Measure, versions: list[Version], pairs: int) -> list[Compared]:
    """A B B A ...: a machine that gets slower favours neither. The first pair warms up."""
    taken: list[list[dict[str, float]]] = [[], []]
    for pair in range(pairs + 1):
        for number in (0, 1) if pair % 2 == 0 else (1, 0):
            figures = measure.turn(versions[number])
            if pair:
                taken[number].append(figures)
    new, old = taken
    return [
        Compared(
            name,
            unit,
            median(turn[key] for turn in new),
            median(turn[key] for turn in old),
            spread(
                [
                    b[key] / a[key] if less_is_better else a[key] / b[key]
                    for a, b in zip(new, old, strict=True)
                ]
            ),
        )
        for key, (name, unit, less_is_better) in measure.figures.items()
    ]


def _measures(sizes: Sizes) -> dict[str, Measure]:
    """A turn takes a second or two, the start of its workers not counted."""
    drained, singles, many = sizes.jobs // 2, max(20, sizes.jobs // 50), max(BATCH, sizes.jobs // 2)
    calls = max(CONNECTIONS, sizes.jobs // 40)
    jobs = [{"type": "against.empty", "payload": {"number": number}} for number in range(BATCH)]

    def drain(processes: int) -> Turn:
        return lambda version: version.run("drain", drained, processes)

    def add_job(version: Version) -> dict[str, float]:
        return _timed(version, "/addJob", [jobs[n % BATCH] for n in range(calls)], 202, calls)

    def add_jobs(version: Version) -> dict[str, float]:
        bodies = [{"jobs": jobs}] * CONNECTIONS
        return _timed(version, "/addJobs", bodies, 200, BATCH * CONNECTIONS)

    return {
        "drain": Measure(
            drain(1),
            {
                "rate": ("drain, 1 process", "jobs/s", False),
                "wal": ("WAL of a drained job", "bytes", True),
            },
        ),
        "drains": Measure(
            drain(sizes.processes),
            {"rate": (f"drain, {sizes.processes} processes", "jobs/s", False)},
        ),
        "enqueue": Measure(
            lambda version: version.run("enqueue", singles),
            {"rate": ("enqueue one", "jobs/s", False)},
        ),
        "bulk": Measure(
            lambda version: version.run("bulk", many), {"rate": ("enqueue many", "jobs/s", False)}
        ),
        "addJob": Measure(add_job, {"rate": ("/addJob", "requests/s", False)}),
        "addJobs": Measure(add_jobs, {"rate": ("/addJobs", "jobs/s", False)}),
        "pickup": Measure(
            lambda version: version.run("pickup", max(20, sizes.jobs // 200)),
            {"p50": ("pick-up p50", "ms", True), "p99": ("pick-up p99", "ms", True)},
        ),
    }


def _timed(
    version: Version, path: str, bodies: list[Any], expected: int, jobs: int
) -> dict[str, float]:
    """Over new connections, as the API closes idle ones; opening them is not measured."""
    with load(version.address, version.token, API_PROCESSES) as calls:
        return {"rate": jobs / calls.timed(calls.requests(path, bodies), expected)}


def _tell_if_requirements_differ(tree: Path) -> None:
    name = "requirements.txt"
    if (tree / name).read_bytes() != (CHECKOUT / name).read_bytes():
        complain("Its requirements differ; both versions run with those of this one.")


def _heading(options: Options) -> str:
    sizes = options.sizes
    return (
        f"{sizes.repeat} pairs of turns, {sizes.jobs // 2:,} jobs a drain. Above 1 is better; "
        "95 % of it: where the median of the ratios lies.\n"
    )


def _row(one: Compared) -> tuple[str, ...]:
    ratio = one.spread
    return (
        one.name,
        f"{one.new:,.4g}" if one.new < 100 else f"{one.new:,.0f}",
        f"{one.old:,.4g}" if one.old < 100 else f"{one.old:,.0f}",
        one.unit,
        f"{ratio.ratio:.3f}",
        f"{ratio.low:.3f} to {ratio.high:.3f}",
        ratio.verdict,
    )


def _as_json(compared: list[Compared]) -> str:
    return json.dumps(
        [
            {
                "figure": one.name,
                "unit": one.unit,
                "new": one.new,
                "old": one.old,
                "ratio": one.spread.ratio,
                "low": one.spread.low,
                "high": one.spread.high,
                "verdict": one.spread.verdict,
            }
            for one in compared
        ],
        indent=2,
    )
