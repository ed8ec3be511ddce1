"""The counts of groups are made anew from the dead letters themselves, where they are wrong."""

import time

from jobs.services.maintenance.fold_dead_letter_counts import STEP
from jobs.services.maintenance.round import Round, run_round
from jobs.sql.statements import run

# A timer that folds counts at this moment is done in less.
_TRIES, _PAUSE_SECONDS = 100, 0.1


def groups_recount(*, with_deaths: bool = False) -> int:
    """Counts anew, beside whatever is written meanwhile, if `verify_jobs` finds a count wrong.

    `with_deaths`: in any case. How many jobs died is otherwise kept when dead letters are deleted.
    Returns how many groups were wrong.
    """
    for _ in range(_TRIES):
        done = run_round(STEP, lambda: _recount(with_deaths), skipped=Round(-1))
        if done.count >= 0:
            return done.count
        time.sleep(_PAUSE_SECONDS)
    return 0


def _recount(with_deaths: bool) -> Round:
    wrong = sum(1 for _, problem in run("verify_dead_letter_groups") if problem)
    if wrong or with_deaths:
        run("recount_dead_letters")
    return Round(wrong)
