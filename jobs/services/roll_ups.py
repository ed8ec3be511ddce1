"""What has ended, added up: by queue, type and outcome, with waits and run times in buckets.

Workers count what they record in the statement that records it. What ends without an attempt is
counted here.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.db.models import Sum

from jobs.core.histogram import BUCKETS
from jobs.models import RollUp
from jobs.sql.statements import execute, statement

# Attempts that failed and are tried again; other outcomes are the final states of jobs.
RETRIED = "retried"


class Ended(NamedTuple):
    """What ended alike since the oldest roll-up; `total` only grows."""

    queue: str
    type: str
    outcome: str
    total: int


class Durations(NamedTuple):
    """Waits or run times of one queue: how many were in each bucket of `jobs.core.histogram`."""

    queue: str
    counts: list[int]


def ends_count(job_ids: Sequence[UUID]) -> None:
    """Counts jobs that have ended in the present transaction without an attempt."""
    if job_ids:
        execute(statement("count_ends"), {"ids": list(job_ids)})


def ended_now() -> list[Ended]:
    """Everything that has ended, by queue, type and outcome."""
    rows = RollUp.objects.order_by("queue", "type", "outcome").values_list(
        "queue", "type", "outcome"
    )
    return [Ended(*row) for row in rows.annotate(total=Sum("count"))]


def waits_now() -> list[Durations]:
    """For how long jobs waited from the moment they could run until a worker claimed them."""
    return _durations("wait_bucket")


def run_times_now() -> list[Durations]:
    """How long attempts took from the claim to the outcome."""
    return _durations("run_bucket")


def _durations(bucket: str) -> list[Durations]:
    rows = (
        RollUp.objects.filter(**{f"{bucket}__isnull": False})
        .order_by("queue")
        .values_list("queue", bucket)
        .annotate(total=Sum("count"))
    )
    counts: dict[str, list[int]] = {}
    for queue, number, total in rows:
        counts.setdefault(queue, [0] * BUCKETS)[number] += total
    return [Durations(*row) for row in counts.items()]
