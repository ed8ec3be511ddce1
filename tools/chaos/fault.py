"""A fault: what it does while jobs are in flight, and what load runs meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass

from tools.chaos.client import Client, Receipt
from tools.chaos.companions.companion import MakeCompanion
from tools.chaos.load import once
from tools.chaos.options import POSTGRESQL_KINDS, REDIS_KINDS, Options
from tools.chaos.plan import Planned
from tools.chaos.run import Run

WORK_SECONDS = 0.2
ANY_REDIS = frozenset(REDIS_KINDS)
ONE_REDIS = frozenset(REDIS_KINDS[:1])
ANY_POSTGRESQL = frozenset(POSTGRESQL_KINDS)
ONE_POSTGRESQL = frozenset(POSTGRESQL_KINDS[:1])
UNDER_PATRONI = frozenset(POSTGRESQL_KINDS[1:])


def _at_once(options: Options, number: int) -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class Fault:
    """`strike` runs beside the load and ends with `run.fault_is_over()`; it may raise `Missed`.

    work_seconds: how long the work of a job takes.
    backlog: what share of the jobs may be unfinished at a time; 1 lets all through at once.
    per_second: load without end at that rate, until `strike` returns.
    submit: how a client submits a job.
    delay_seconds: how far ahead a job is due.
    redis, postgresql: with which kinds of these (`--redis`, `--postgresql`) it can happen.
    companions: that go with it, beside those of every fault.
    """

    name: str
    what: str
    strike: Callable[[Run], None]
    work_seconds: float = WORK_SECONDS
    backlog: float = 0.25
    per_second: float | None = None
    submit: Callable[[Client, Planned], list[Receipt]] = once
    delay_seconds: Callable[[Options, int], float] = _at_once
    redis: frozenset[str] = ANY_REDIS
    postgresql: frozenset[str] = ANY_POSTGRESQL
    companions: tuple[MakeCompanion, ...] = ()
