"""How queues, tenants and time share what there is: weights, turns, rates."""

import time
from collections import Counter
from collections.abc import Sequence

from jobs.core.limit import LimitRule
from jobs.models import Job
from jobs.services.enqueue import JobRequest, jobs_enqueue
from tools.benchmark.job_names import EMPTY, STAMP
from tools.benchmark.measures.limits import limited, rate_kept
from tools.benchmark.processes import workers
from tools.benchmark.rows import vacuum_and_checkpoint
from tools.benchmark.stamps import stamps
from tools.promises.finding import Finding
from tools.promises.options import Options
from tools.waiting import wait_until

BATCH = 1_000
WAIT_SECONDS = 600.0
WEIGHTS = {"emails": 6, "default": 3, "bulk": 1}
TENANTS = 10
SINGLES = 5


def weights(options: Options) -> list[Finding]:
    """Three queues that stay full: the first 10,000 jobs that were claimed."""
    count = options.of(10_000, 1_000)
    for queue, weight in WEIGHTS.items():
        _enqueue([_job(queue=queue)] * (count * weight // 10 + count // 5))
    vacuum_and_checkpoint()
    with workers(queues=",".join(f"{queue}:{weight}" for queue, weight in WEIGHTS.items())):
        claimed = _first_claimed(count, "queue")
    return [
        _share(f"weight {weight} of 10: share of {count:,} jobs", claimed[queue], count, weight)
        for queue, weight in WEIGHTS.items()
    ]


def tenant(options: Options) -> list[Finding]:
    """Beside a tenant with 100,000 jobs, single jobs of another begin within a second."""
    count = options.of(100_000)
    with limited(LimitRule(), is_fair=True), stamps() as left:
        _enqueue([_job(fairness_key="large")] * count)
        vacuum_and_checkpoint()
        with workers(stamps=str(left.path)):
            for number in range(1, SINGLES + 1):
                since = {"since": time.time()}
                _enqueue([JobRequest(type=STAMP, payload=since, fairness_key="small")])
                waits = left.wait_for(number, WAIT_SECONDS)
        waiting = Job.objects.filter(type=EMPTY, finished_at__isnull=True).count()
    return [
        Finding(f"beside {count:,} jobs of another tenant: one begins", waits[-1], "ms", 1_000),
        Finding("... of which so many waited still at the end", -waiting, "jobs", -1),
    ]


def shares(options: Options) -> list[Finding]:
    """Ten tenants, the largest with ten times the jobs of the smallest, while all of them wait."""
    least = options.of(1_000, 100)
    with limited(LimitRule(), is_fair=True):
        for number in range(TENANTS, 0, -1):
            _enqueue([_job(fairness_key=f"tenant {number}")] * (least * number))
        vacuum_and_checkpoint()
        count = least * TENANTS * 9 // 10
        with workers(processes=2):
            claimed = _first_claimed(count, "fairness_key")
    equal = count / TENANTS
    farthest = max(abs(claimed[f"tenant {one}"] - equal) for one in range(1, TENANTS + 1))
    says = f"10 tenants, {count:,} jobs: farthest from an equal share"
    return [Finding(says, farthest / equal * 100, "%", 5)]


def rate(options: Options) -> list[Finding]:
    """A rate of 100/s over a minute, four workers."""
    seconds = options.of(60, 5)
    kept = rate_kept(seconds)
    return [Finding(f"rate 100/s over {seconds} s, four workers", kept, "%", 103, at_least=97)]


def _share(says: str, claimed: int, count: int, weight: int) -> Finding:
    percent = weight * 10
    return Finding(says, claimed / count * 100, "%", percent * 1.05, at_least=percent * 0.95)


def _first_claimed(count: int, field: str) -> Counter[str]:
    """Of the jobs that were claimed first, how many have each value of the field."""
    claimed = Job.objects.filter(claimed_at__isnull=False)
    wait_until(lambda: claimed.count() >= count, WAIT_SECONDS, "not enough was claimed", 0.2)
    return Counter(claimed.order_by("claimed_at", "id").values_list(field, flat=True)[:count])


def _job(queue: str | None = None, fairness_key: str | None = None) -> JobRequest:
    return JobRequest(type=EMPTY, payload={"number": 0}, queue=queue, fairness_key=fairness_key)


def _enqueue(requests: Sequence[JobRequest]) -> None:
    for start in range(0, len(requests), BATCH):
        jobs_enqueue(requests=requests[start : start + BATCH])
