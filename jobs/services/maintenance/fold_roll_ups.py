"""Roll-ups of minutes that are over are folded, and become those of hours and days."""

from typing import NamedTuple

from jobs.core.clock import DAY_SECONDS
from jobs.services.maintenance.round import Round, run_round
from jobs.sql.statements import run

MINUTE, HOUR, DAY = 60, 3_600, int(DAY_SECONDS)
# Of no month in particular: it tells the rows of months from others.
MONTH = 30 * DAY
FOLD_LIMIT = 5_000


class _Fold(NamedTuple):
    """Periods of `seconds` become those of `into_seconds`, once all of a `unit` is that old."""

    seconds: int
    into_seconds: int
    unit: str
    age_seconds: float


_FOLDS = (
    _Fold(MINUTE, MINUTE, "minute", 2 * MINUTE),
    # Charts of a day show minutes, those of a week hours.
    _Fold(MINUTE, HOUR, "hour", 2 * DAY),
    _Fold(HOUR, DAY, "day", 15 * DAY),
    # For good: counters that Prometheus reads must never fall.
    _Fold(DAY, MONTH, "month", 90 * DAY),
)


def jobs_fold_roll_ups() -> Round:
    """Folds what has ended; counts the rows it has folded."""
    return run_round("fold_roll_ups", _fold, skipped=Round())


def _fold() -> Round:
    taken = [int(run("fold_roll_ups", **fold._asdict(), limit=FOLD_LIMIT)[0][0]) for fold in _FOLDS]
    return Round(sum(taken), is_full=max(taken) >= FOLD_LIMIT)
