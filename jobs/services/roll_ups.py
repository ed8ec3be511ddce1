"""What has ended, added up: by queue, type and outcome, with waits and run times in buckets.

Workers count what they record in the statement that records it. What ends without an attempt is
counted here.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from jobs.core.histogram import BUCKETS
from jobs.sql.statements import execute, run, statement

# Attempts that failed and are tried again; other outcomes are the final states of jobs.
RETRIED = "retried"


class Ended(NamedTuple):
    """What ended alike since the oldest roll-up; `total` only grows."""

    queue: str
    type: str
    outcome: str
    total: int


class Durations(NamedTuple):
    """Waits or run times of one queue: how many were in each bucket of `jobs.core.histogram`.

    `seconds`: their sum.
    """

    queue: str
    counts: list[int]
    seconds: float


class Totals(NamedTuple):
    """Everything that has ended, of one moment.

    `waits`: from when jobs could run until a worker claimed them. `run_times`: from the claim to
    the outcome.
    """

    ended: list[Ended]
    waits: list[Durations]
    run_times: list[Durations]


# What GROUPING says of a row of `roll_ups_now.sql`: a bit for each of type, wait and run time by
# which it is not grouped.
_BY_OUTCOME, _BY_WAIT, _BY_RUN_TIME = 0b011, 0b101, 0b110


def ends_count(job_ids: Sequence[UUID]) -> None:
    """Counts jobs that have ended in the present transaction without an attempt."""
    if job_ids:
        execute(statement("count_ends"), {"ids": list(job_ids)})


def totals_now() -> Totals:
    """Everything that has ended, in one pass over the roll-ups. Raises the database's errors."""
    ended: list[Ended] = []
    counts: dict[int, dict[str, list[int]]] = {_BY_WAIT: {}, _BY_RUN_TIME: {}}
    sums: dict[int, Counter[str]] = {_BY_WAIT: Counter(), _BY_RUN_TIME: Counter()}
    for by, queue, job_type, outcome, bucket, total, seconds in run("roll_ups_now"):
        if by == _BY_OUTCOME:
            ended.append(Ended(queue, job_type, outcome, total))
        elif bucket is not None:  # None: there was no attempt
            counts[by].setdefault(queue, [0] * BUCKETS)[bucket] = total
            sums[by][queue] += seconds
    waits, run_times = (
        [Durations(queue, one, sums[by][queue]) for queue, one in counts[by].items()]
        for by in (_BY_WAIT, _BY_RUN_TIME)
    )
    return Totals(ended, waits, run_times)
