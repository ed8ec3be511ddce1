"""Queues with limits: drains, the hand-over of a slot, and how well a rate is kept."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from jobs.core.ids import uuid7
from jobs.core.limit import LimitRule, parse_rate
from jobs.models import Job
from jobs.services.enqueue import JobRequest, jobs_enqueue
from jobs.services.limits.change import limit_remove, limit_set
from jobs.services.maintenance.admit import jobs_admit_due
from tools.benchmark.bench import Bench, Findings
from tools.benchmark.drains import DRAIN_SECONDS, QUEUE, seconds_between
from tools.benchmark.figure import Figure
from tools.benchmark.job_names import EMPTY, STAMP
from tools.benchmark.processes import workers
from tools.benchmark.rows import empty_everything, vacuum_and_checkpoint
from tools.benchmark.stamps import percentile, stamps
from tools.waiting import wait_until

NAME = f"queue:{QUEUE}"
CONCURRENCY = 50
TENANTS = 10
RATE_PER_SECOND = 100
RATE_PROCESSES = 4
# By then the workers have claimed what was admitted before they came.
BURST_SECONDS = 2.0


def limits(bench: Bench) -> Findings:
    """Each with a limit of the queue, which is removed afterwards; beside a drain without one."""
    jobs = bench.sizes.jobs
    figures = bench.median("drain, no limit", lambda: [_free_drain(jobs)])
    figures += bench.median("drain, limit 50", lambda: [_limited_drain(jobs)])
    figures += bench.median("drain, fair, 10 tenants", lambda: [_fair_drain(jobs)])
    figures += bench.median("hand-over of a slot", lambda: _hand_overs(max(100, jobs // 40)))
    seconds = max(10, jobs // 333)
    figures += bench.median("rate 100/s", lambda: [_rate(seconds)])
    return Findings(figures)


def _free_drain(jobs: int) -> Figure:
    empty_everything()
    return Figure("drain, no limit", _drain(jobs), "jobs/s")


def _limited_drain(jobs: int) -> Figure:
    with limited(LimitRule(CONCURRENCY)):
        return Figure("drain, limit 50", _drain(jobs), "jobs/s")


def _fair_drain(jobs: int) -> Figure:
    with limited(LimitRule(), is_fair=True):
        return Figure("drain, fair, 10 tenants", _drain(jobs), "jobs/s")


def _hand_overs(jobs: int) -> list[Figure]:
    """From the first line of a handler to that of the next, where one may run at a time."""
    with limited(LimitRule(1)), stamps() as left:
        since = time.time()
        requests = [JobRequest(type=STAMP, payload={"since": since}) for _ in range(jobs)]
        _enqueue(requests)
        with workers(stamps=str(left.path)):
            begun = left.wait_for(jobs, DRAIN_SECONDS)
    waits = [after - before for before, after in pairwise(begun)]
    return [
        Figure("hand-over of a slot p50", percentile(waits, 50), "ms"),
        Figure("hand-over of a slot p99", percentile(waits, 99), "ms"),
    ]


def _rate(seconds: int) -> Figure:
    return Figure(f"rate 100/s over {seconds} s", rate_kept(seconds), "%")


def rate_kept(seconds: int) -> float:
    """In per cent of what the limit allows, once the burst and what came in before are gone."""
    burst = RATE_PER_SECOND
    with limited(LimitRule(None, parse_rate(f"{RATE_PER_SECOND}/s", burst))):
        first = uuid7()
        _drain(RATE_PER_SECOND * seconds + burst, processes=RATE_PROCESSES)
        claims = Job.objects.filter(id__gt=first, claimed_at__isnull=False).order_by("claimed_at")
        times = [moment.timestamp() for (moment,) in claims.values_list("claimed_at") if moment]
        steady = [moment for moment in times if moment >= times[0] + BURST_SECONDS]
        return (len(steady) - 1) / (steady[-1] - steady[0]) / RATE_PER_SECOND * 100


@contextmanager
def limited(rule: LimitRule, *, is_fair: bool = False) -> Iterator[None]:
    """The queue of the drains is under this limit, and empty at first."""
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
    _enqueue([_request(number) for number in range(jobs)])
    with workers(processes=processes) as process:

        def is_done() -> bool:
            process.check()
            return not Job.objects.filter(id__gt=first, finished_at__isnull=True).exists()

        wait_until(is_done, DRAIN_SECONDS, "not every job was finished", every_seconds=0.05)
    return jobs / seconds_between(first, EMPTY)


def _enqueue(requests: list[JobRequest]) -> None:
    for start in range(0, len(requests), 1_000):
        jobs_enqueue(requests=requests[start : start + 1_000])
    vacuum_and_checkpoint()


def _request(number: int) -> JobRequest:
    return JobRequest(
        type=EMPTY, payload={"number": number}, fairness_key=f"tenant {number % TENANTS}"
    )
