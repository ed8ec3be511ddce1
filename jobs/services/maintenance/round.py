"""The skeleton of maintenance: a step works in rounds, and each round is small.

A step is one file beside this one, with one service that does one round. The service reads what it
needs outside PostgreSQL, then hands its work to `run_round`, and says in a `Round` how much it has
done. Timers of every worker (`jobs/worker/timers.py`) run the rounds with `run_rounds`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from jobs.services.short_transaction import short_transaction, try_advisory_lock
from jobs.sql.contention import repeats_conflicts


@dataclass(frozen=True, slots=True)
class Round:
    """What one round has done.

    `count`: how many rows, jobs or ids; the step says which. `is_full`: the round stopped at its
    limit, so that more may be left and the next round should follow at once.
    """

    count: int = 0
    is_full: bool = False


OneRound = TypeVar("OneRound", bound=Round)


@repeats_conflicts
def run_round(step: str, work: Callable[[], OneRound], *, skipped: OneRound) -> OneRound:
    """Runs `work` in a short transaction, under the advisory lock that is named after the step.

    Returns what `work` returns, or `skipped` if another worker is doing a round of this step. The
    lock goes with the transaction, so there is no leader, and a pooler does no harm. `work` must
    bound what it does, because its locks are held until the commit. If it raises, all that it has
    written is rolled back.
    """
    with short_transaction():
        return work() if try_advisory_lock(step) else skipped


def run_rounds(
    one_round: Callable[[], OneRound], *, may_go_on: Callable[[], bool] = lambda: True
) -> Iterator[OneRound]:
    """Yields rounds up to the first one that is not full; `may_go_on` is asked before each."""
    while may_go_on():
        done = one_round()
        yield done
        if not done.is_full:
            return
