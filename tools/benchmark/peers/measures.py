"""What is measured of each system, and the figures that come of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.benchmark.against.measures import Figure, rate, table, wait, wal
from tools.benchmark.peers.driver.measured import BATCH, EMPTY, SLEEP

SLOTS = 50


@dataclass(frozen=True)
class Measure:
    """`workers` run, each with `slots` or as many as it has by itself; then turns ask `question`.

    The first turn does `count`, others multiples of `step` that take about as long as wanted,
    unless `calibrated` is false.
    """

    question: str
    figures: Sequence[Figure]
    count: int
    step: int
    workers: int = 0
    slots: int | None = None
    calibrated: bool = True
    parameters: dict[str, Any] = field(default_factory=dict)


MEASURES: dict[str, Measure] = {
    "drain": Measure(
        "drain",
        [
            rate("drain, 1 process", "jobs/s"),
            wal("WAL of a drained job"),
            table("PostgreSQL, left of a finished job"),
        ],
        *(2 * BATCH, BATCH),
        workers=1,
        parameters={"kind": EMPTY},
    ),
    "drains": Measure(
        "drain",
        [rate("drain, 2 processes", "jobs/s")],
        *(2 * BATCH, BATCH),
        workers=2,
        parameters={"kind": EMPTY},
    ),
    "io": Measure(
        "drain",
        [rate("10 ms × 50", "jobs/s")],
        *(BATCH, BATCH),
        workers=1,
        slots=SLOTS,
        parameters={"kind": SLEEP},
    ),
    "enqueue": Measure("enqueue", [rate("enqueue one", "jobs/s")], 300, 100),
    "bulk": Measure(
        "bulk",
        [rate("enqueue many", "jobs/s"), wal("WAL of an enqueued job")],
        *(2 * BATCH, BATCH),
    ),
    "pickup": Measure(
        "pickup",
        [wait("pick-up p50", "p50"), wait("pick-up p99", "p99")],
        *(100, 1),
        workers=1,
        calibrated=False,
    ),
}
