"""Roll-ups of minutes that are over are folded, and become those of longer periods."""

from typing import NamedTuple

from jobs.models.roll_up import DAY, HOUR, MINUTE, MONTH, QUARTER
from jobs.services.maintenance.round import Round, run_round
from jobs.sql.statements import run

FOLD_LIMIT = 5_000


class _Fold(NamedTuple):
    """Periods of `seconds` become those of `into_seconds`, once all of a `unit` is that old.

    `unit`: of the calendar; None for a quarter of an hour, which is none.
    """

    seconds: int
    into_seconds: int
    unit: str | None
    age_seconds: float


_FOLDS = (
    _Fold(MINUTE, MINUTE, "minute", 2 * MINUTE),
    # Charts of an hour show minutes, of a day quarters of an hour, of a week hours, of a month
    # days. Each reads some 50,000 rows at most, with 200 rows a period.
    _Fold(MINUTE, QUARTER, None, 2 * HOUR),
    _Fold(QUARTER, HOUR, "hour", 26 * HOUR),
    _Fold(HOUR, DAY, "day", 8 * DAY),
    # For good: counters that Prometheus reads must never fall.
    _Fold(DAY, MONTH, "month", 90 * DAY),
)


def jobs_fold_roll_ups() -> Round:
    """Folds what has ended; counts the rows it has folded."""
    return run_round("fold_roll_ups", _fold, skipped=Round())


def _fold() -> Round:
    taken = [int(run("fold_roll_ups", **fold._asdict(), limit=FOLD_LIMIT)[0][0]) for fold in _FOLDS]
    return Round(sum(taken), is_full=max(taken) >= FOLD_LIMIT)
