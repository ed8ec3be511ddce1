"""What has to be reached: on two cores, with the servers on the same two, fsync on."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Target:
    """A bound on a figure's value, or on its ratio to the raw limit."""

    of: Literal["value", "ratio"]
    bound: float
    at_least: bool

    def is_met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound

    def verdict(self, value: float) -> str:
        """`meets` or `misses`, and what."""
        bound = f"{self.bound:,g}" + ("× raw" if self.of == "ratio" else "")
        sign = "≥" if self.at_least else "≤"
        return f"{'meets' if self.is_met(value) else 'misses'} {sign} {bound}"


def _at_least(bound: float) -> Target:
    return Target("value", bound, at_least=True)


def _at_most(bound: float) -> Target:
    return Target("value", bound, at_least=False)


def _ratio(bound: float) -> Target:
    return Target("ratio", bound, at_least=True)


# By the name of the figure.
TARGETS: dict[str, tuple[Target, ...]] = {
    "drain, 1 process": (_at_least(10_000), _ratio(0.25)),
    "drain, 1 process per core": (_at_least(16_000), _ratio(0.4)),
    "pick-up p50": (_at_most(2.5),),
    "pick-up p99": (_at_most(8),),
    "enqueue one": (_ratio(0.6),),
    "enqueue many": (_at_least(40_000),),
    "/addJob": (_ratio(0.6),),
    "/addJob p99, 8 connections": (Target("ratio", 3, at_least=False),),
    "/addJobs": (_at_least(40_000),),
    "10 ms I/O × 50, async": (_at_least(4_000),),
    "10 ms I/O × 50, threads": (_at_least(3_000),),
    "drain, 5 % of more jobs fail": (_ratio(0.9),),
    "idle worker, Redis commands": (_at_most(15),),
    "idle worker, transactions": (_at_most(2),),
    "a job every 20 ms, Redis commands": (_at_most(8),),
    "drain, through a pooler": (_ratio(0.9),),
    "redispatch after a flush": (_at_least(50_000),),
    "drain, beside redispatch": (_ratio(0.8),),
    "growth, all queued and finished": (_ratio(0.9),),
    "lateness p99": (_at_most(150),),
    "fire lateness p99": (_at_most(300),),
    "drain, limit 50": (_at_least(5_000),),
    "drain, fair, 10 tenants": (_at_least(5_000),),
    "hand-over of a slot p99": (_at_most(25),),
    "wait: final to answer p99, 100 waiting": (_at_most(50),),
    "1,000 idle streams, memory": (_at_most(100),),
    "1,000 idle streams, threads": (_at_most(1),),
    "memory, most": (_at_most(90),),
    "memory, growth": (_at_most(2),),
    "plans with a sequential scan": (_at_most(0),),
}
