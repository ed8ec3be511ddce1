"""Delayed jobs: many at the same second begin soon, and a million cost a worker nothing."""

import time
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from jobs.models import Job
from jobs.services.enqueue import JobRequest, jobs_enqueue
from tools.benchmark.job_names import EMPTY, STAMP
from tools.benchmark.processes import workers
from tools.benchmark.rows import enqueue_jobs
from tools.benchmark.stamps import stamps
from tools.child import Child
from tools.promises.finding import Finding
from tools.promises.options import Options
from tools.waiting import wait_until

BATCH = 1_000
# All are accepted, and the workers wait, before they are due.
AHEAD_SECONDS = 8.0
WARM_JOBS = 2_000
GROWTH_MB = 2.0


def due(options: Options) -> list[Finding]:
    """10,000 jobs that are due at the same second."""
    count = options.of(10_000)
    with stamps() as left, workers(processes=2, stamps=str(left.path)):
        moment = float(int(time.time() + AHEAD_SECONDS))
        request = JobRequest(
            type=STAMP, payload={"since": moment}, run_at=datetime.fromtimestamp(moment, UTC)
        )
        _enqueue(request, count)
        waits = left.wait_for(count, AHEAD_SECONDS + 60)
    first = Finding(f"{count:,} jobs due at one second: none begins early", -waits[0], "ms", 0)
    last = Finding(f"{count:,} jobs due at one second: the last begins", waits[-1], "ms", 3_000)
    return [first, last]


def delayed(options: Options) -> list[Finding]:
    """A worker that has worked for a while is as large with a million delayed jobs as without."""
    count = options.of(1_000_000)
    with workers() as process:
        _drain(WARM_JOBS, process)
        before = _megabytes(process)
        request = JobRequest(
            type=EMPTY, payload={"number": 0}, run_at=timezone.now() + timedelta(days=1)
        )
        _enqueue(request, count)
        _drain(WARM_JOBS, process)
        after = _megabytes(process)
    return [Finding(f"{count:,} delayed jobs: a worker grows by", after - before, "MB", GROWTH_MB)]


def _enqueue(request: JobRequest, count: int) -> None:
    for start in range(0, count, BATCH):
        jobs_enqueue(requests=[request] * min(BATCH, count - start))


def _drain(count: int, process: Child) -> None:
    enqueue_jobs(count)
    left = Job.objects.filter(run_at__lt=timezone.now(), finished_at__isnull=True)
    wait_until(lambda: not left.exists(), 120, "jobs did not end", 0.1)
    process.check()


def _megabytes(process: Child) -> float:
    return (process.rss_bytes() or 0) / 1024 / 1024
