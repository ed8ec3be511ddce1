"""Queues with limits: drains, the hand-over of a slot, and how well a rate is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Max, Min

from jobs.core.ids import uuid7
from jobs.core.limit import LimitRule, parse_rate
from jobs.models import Job
from jobs.services.enqueue import JobRequest, jobs_enqueue
from jobs.services.limits import limit_remove, limit_set
from jobs.services.maintenance.admit import jobs_admit_due
from tools.benchmark.bench import Bench, Findings
from tools.benchmark.drains import DRAIN_SECONDS, QUEUE, seconds_between
from tools.benchmark.figure import Figure
from tools.benchmark.job_names import EMPTY
from tools.benchmark.processes import workers
from tools.benchmark.rows import empty_everything, vacuum_and_checkpoint
from tools.waiting import wait_until

NAME = f"queue:{QUEUE}"
CONCURRENCY = 50
TENANTS = 10
RATE_PER_SECOND = 100
RATE_PROCESSES = 4
# From a claim to the one after the next outcome, for a queue that runs one job at a time.
HAND_OVERS = """
SELECT percentile_disc(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM wait) * 1000)
FROM (
    SELECT claimed_at - lag(finished_at) OVER (ORDER BY claimed_at) AS wait
    FROM jobs_job
    WHERE id > %s AND type = %s
) AS waits
WHERE wait IS NOT NULL
"""


def limits(bench: Bench) -> Findings:
    """Each with a limit of the queue, which is removed afterwards."""
    jobs = bench.sizes.jobs
    figures = bench.median("drain, limit 50", lambda: [_limited_drain(jobs)])
    figures += bench.median("drain, fair, 10 tenants", lambda: [_fair_drain(jobs)])
    figures += bench.median("hand-over of a slot", lambda: _hand_overs(max(100, jobs // 40)))
    seconds = max(10, jobs // 333)
    figures += bench.median("rate 100/s", lambda: [_rate(seconds)])
    return Findings(figures)


def _limited_drain(jobs: int) -> Figure:
    with _limit(LimitRule(CONCURRENCY)):
        return Figure("drain, limit 50", _drain(jobs), "jobs/s")


def _fair_drain(jobs: int) -> Figure:
    with _limit(LimitRule(), is_fair=True):
        return Figure("drain, fair, 10 tenants", _drain(jobs), "jobs/s")


def _hand_overs(jobs: int) -> list[Figure]:
    with _limit(LimitRule(1)):
        first = uuid7()
        _drain(jobs)
    with connection.cursor() as cursor:
        cursor.execute(HAND_OVERS, [first, EMPTY])
        [(waits,)] = cursor.fetchall()
    return [
        Figure("hand-over of a slot p50", float(waits[0]), "ms"),
        Figure("hand-over of a slot p99", float(waits[1]), "ms"),
    ]


def _rate(seconds: int) -> Figure:
    """In per cent of what the limit allows. The burst at the beginning is left out."""
    burst = RATE_PER_SECOND
    with _limit(LimitRule(None, parse_rate(f"{RATE_PER_SECOND}/s", burst))):
        first = uuid7()
        jobs = RATE_PER_SECOND * seconds + burst
        _drain(jobs, processes=RATE_PROCESSES)
        return Figure(
            f"rate 100/s over {seconds} s",
            (jobs - burst) / (_seconds_claiming(first) * RATE_PER_SECOND) * 100,
            "%",
        )


def _seconds_claiming(first: UUID) -> float:
    times: dict[str, datetime] = Job.objects.filter(id__gt=first).aggregate(
        begun=Min("claimed_at"), ended=Max("claimed_at")
    )
    return (times["ended"] - times["begun"]).total_seconds()


@contextmanager
def _limit(rule: LimitRule, *, is_fair: bool = False) -> Iterator[None]:
    empty_everything()
    limit_set(name=NAME, rule=rule, is_fair=is_fair)
    jobs_admit_due()
    try:
        yield
    finally:
        limit_remove(name=NAME)


def _drain(jobs: int, *, processes: int = 1) -> float:
    """Jobs a second, from the first claim to the last outcome."""
    first = uuid7()
    for start in range(0, jobs, 1_000):
        jobs_enqueue(requests=[_request(n) for n in range(start, min(jobs, start + 1_000))])
    vacuum_and_checkpoint()
    with workers(processes=processes) as process:

        def is_done() -> bool:
            process.check()
            return not Job.objects.filter(id__gt=first, finished_at__isnull=True).exists()

        wait_until(is_done, DRAIN_SECONDS, "not every job was finished", every_seconds=0.05)
    return jobs / seconds_between(first, EMPTY)


def _request(number: int) -> JobRequest:
    return JobRequest(
        type=EMPTY, payload={"number": number}, fairness_key=f"tenant {number % TENANTS}"
    )
