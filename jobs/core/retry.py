"""When a failed job runs again, or that it does not: pure decisions."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from jobs.core.outcome import (
    Cancelled,
    CutOff,
    Failed,
    FailedForGood,
    Lost,
    NotStarted,
    Outcome,
    Succeeded,
)
from jobs.core.states import DeathReason, Effect

# A handler may ask for any wait; PostgreSQL cannot hold every moment.
LONGEST_WAIT_SECONDS = 366 * 86_400.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Waits of base x factor^n seconds, capped; jitter lengthens a wait by up to that share."""

    base_seconds: float = 1.0
    factor: float = 2.0
    cap_seconds: float = 3600.0
    jitter: float = 0.0

    def delay_seconds(self, failures: int, draw: Callable[[], float] = random.random) -> float:
        """The wait after that many failures: 1, 2, 4, 8 s with the default policy."""
        try:
            wait = min(self.base_seconds * self.factor ** (failures - 1), self.cap_seconds)
        except OverflowError:
            wait = self.cap_seconds
        return wait * (1 + self.jitter * draw())


class Budget(NamedTuple):
    """What a job has spent of its present retry budget, before the attempt in question."""

    failures: int
    crashes: int
    max_retries: int


@dataclass(frozen=True, slots=True)
class Succeed:
    """running -> succeeded."""


@dataclass(frozen=True, slots=True)
class Requeue:
    """running -> queued, `delay_seconds` from now, with these counts."""

    delay_seconds: float
    failures: int
    crashes: int


@dataclass(frozen=True, slots=True)
class Die:
    """running -> dead."""

    reason: DeathReason
    failures: int
    crashes: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """running -> cancelled."""


Move = Succeed | Requeue | Die | Cancel | None
"""What is to be written; None: nothing."""


def decide(
    outcome: Outcome, budget: Budget, effect: Effect, policy: RetryPolicy, crash_limit: int
) -> Move:
    """What an outcome means for the job (design invariants I7 and I8)."""
    match outcome:
        case Succeeded(recorded=recorded):
            return None if recorded else Succeed()
        case NotStarted(after_seconds=delay):
            return Requeue(delay, budget.failures, budget.crashes)
        case Cancelled():
            return Cancel()
        case Lost():
            return None
        case FailedForGood():
            return Die(DeathReason.PERMANENT, budget.failures + 1, budget.crashes)
        case Failed(after_seconds=delay_or_none):
            return _retry_or_die(budget, budget.crashes, policy, delay_or_none)
        case CutOff(crashed=crashed):
            crashes = budget.crashes + crashed
            if effect is Effect.ONCE:
                return Die(DeathReason.INTERRUPTED, budget.failures + 1, crashes)
            if crashes >= crash_limit:
                return Die(DeathReason.CRASH_LOOP, budget.failures + 1, crashes)
            return _retry_or_die(budget, crashes, policy, None)


def _retry_or_die(
    budget: Budget, crashes: int, policy: RetryPolicy, after_seconds: float | None
) -> Move:
    failures = budget.failures + 1
    if failures > budget.max_retries:
        return Die(DeathReason.EXHAUSTED, failures, crashes)
    delay = policy.delay_seconds(failures) if after_seconds is None else after_seconds
    return Requeue(max(0.0, min(delay, LONGEST_WAIT_SECONDS)), failures, crashes)


def records_start(effect: Effect | None, budget: Budget) -> bool:
    """Whether `started_at` is written before the handler runs.

    It is where being taken for a cut-off attempt would cost more than one retry: handlers
    that must not be repeated, jobs that were there when a worker died, the last attempt of
    a budget, and types nobody here knows. Rescue gives back what should have been marked and
    is not: it never began.
    """
    return (
        effect is None
        or effect is Effect.ONCE
        or budget.crashes > 0
        or budget.failures >= budget.max_retries
    )
