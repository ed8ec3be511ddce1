"""When a failed job runs again, or that it does not: pure decisions."""

import logging
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from jobs.core.clock import DAY_SECONDS
from jobs.core.outcome import (
    Cancelled,
    CrashedBefore,
    CutOff,
    Failed,
    FailedForGood,
    Lost,
    NotStarted,
    Outcome,
    Succeeded,
)
from jobs.core.states import DeathReason, Effect

logger = logging.getLogger(__name__)

# A handler may ask for any wait, but timestamps of PostgreSQL have an end. A year is enough.
LONGEST_WAIT_SECONDS = 366.0 * DAY_SECONDS


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long a failed job waits: base x factor^(n - 1) seconds after n failures, capped.

    `jitter` lengthens a wait by a random share of it: 0.1 by up to 10 %.
    """

    base_seconds: float = 1.0
    factor: float = 2.0
    cap_seconds: float = 3600.0
    jitter: float = 0.0

    def delay_seconds(self, failures: int, draw: Callable[[], float] = random.random) -> float:
        """The wait after that many failures: 1, 2, 4, 8 s with the default policy.

        `draw` gives a number from 0 to 1; tests pass one that is not random.
        """
        try:
            wait = min(self.base_seconds * self.factor ** (failures - 1), self.cap_seconds)
        except OverflowError:
            wait = self.cap_seconds
        return wait * (1 + self.jitter * draw())


class Budget(NamedTuple):
    """What a job had spent of its present retry budget before an attempt.

    A replay sets `failures` and `crashes` to 0. A job is dead after `max_retries` + 1 failures.
    """

    failures: int
    crashes: int
    max_retries: int


@dataclass(frozen=True, slots=True)
class Succeed:
    """running -> succeeded."""


SUCCEED = Succeed()


@dataclass(frozen=True, slots=True)
class Requeue:
    """running -> queued with these counts, due `delay_seconds` from now."""

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
"""What is to be written about an attempt; None: nothing."""


def decide(
    outcome: Outcome, budget: Budget, effect: Effect, policy: RetryPolicy, crash_limit: int
) -> Move:
    """What follows for the job from the outcome of an attempt.

    The table in `docs/guarantees.md` (I7) says what a cut-off attempt means for each effect; a
    failure is retried until the budget is spent (I8). `crash_limit`: the number of workers that
    a job may take down.
    """
    match outcome:
        case Succeeded(recorded=recorded):
            return None if recorded else SUCCEED
        case NotStarted(after_seconds=delay):
            return Requeue(delay, budget.failures, budget.crashes)
        case CrashedBefore():
            return Die(DeathReason.CRASH_LOOP, budget.failures + 1, budget.crashes)
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
    delay = _delay_seconds(failures, policy, after_seconds)
    return Requeue(max(0.0, min(delay, LONGEST_WAIT_SECONDS)), failures, crashes)


def _delay_seconds(failures: int, policy: RetryPolicy, after_seconds: float | None) -> float:
    """What was asked for, or what the policy says; the default policy's where that is no number.

    A handler may ask for anything, and a project's own policy may raise: that must not keep the
    outcome from being written, nor those of other jobs.
    """
    try:
        asked = policy.delay_seconds(failures) if after_seconds is None else after_seconds
        seconds = float(asked)
        if not math.isnan(seconds):
            return seconds
        problem = "nan"
    except OverflowError:
        return LONGEST_WAIT_SECONDS
    except BaseException as error:  # noqa: BLE001 - a policy of a project's own may raise anything
        problem = type(error).__name__
    logger.warning(
        "A retry policy or a RetryAfter gives no number of seconds (%s): the default one decides",
        problem,
        extra={"event": "delay.not_taken", "error": problem},
    )
    return RetryPolicy().delay_seconds(failures)


def records_start(effect: Effect | None, budget: Budget) -> bool:
    """Whether the start of an attempt is written when it begins (decision 0003).

    It is written where mistaking an attempt that never began for one that was cut off would cost
    more than one retry: for `Effect.ONCE`, for jobs that were claimed when a worker died, for the
    last attempt of a budget, and for types that this process does not know (`effect` is None).
    Rescue gives back, at no cost, an attempt whose start should have been written and was not.
    """
    return (
        effect is None
        or effect is Effect.ONCE
        or budget.crashes > 0
        or budget.failures >= budget.max_retries
    )


def counts_crash_ahead(attempt: int, budget: Budget, crash_limit: int) -> bool:
    """Whether a crash is counted before a handler runs that says itself where its effect begins.

    If its worker dies before that point, the attempt goes back at no cost, as if it had not begun;
    a job that takes workers down there would do so for ever. So where `crash_limit` attempts have
    ended without a trace, the next ones are counted (decision 0016). Attempts that others gave
    back are among those, which does no harm: a crash costs a job nothing below the limit.
    """
    uncounted = attempt - 1 - budget.failures - budget.crashes
    return budget.crashes > 0 or uncounted >= crash_limit
