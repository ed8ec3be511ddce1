"""Delayed jobs, 200 due each second: from the moment that was asked for to the handler."""

import time
from datetime import UTC, datetime

from jobs.services.enqueue import JobRequest, jobs_enqueue
from tools.benchmark.bench import Bench, Findings
from tools.benchmark.figure import Figure
from tools.benchmark.job_names import STAMP
from tools.benchmark.processes import workers
from tools.benchmark.rows import empty_everything
from tools.benchmark.stamps import percentile, stamps

DUE_PER_SECOND = 200
# All are accepted, and Redis knows their moments, before the first is due.
AHEAD_SECONDS = 3.0


def lateness(bench: Bench) -> Findings:
    """Redis is asked for what is due ten times a second: half of that is the mean to expect."""
    return Findings(bench.median("200 due per second", lambda: _lateness(bench.sizes.delayed)))


def _lateness(count: int) -> list[Figure]:
    empty_everything()
    with stamps() as left, workers(stamps=str(left.path)):
        first = time.time() + AHEAD_SECONDS
        moments = [first + number / DUE_PER_SECOND for number in range(count)]
        jobs_enqueue(requests=[_request(moment) for moment in moments])
        waits = left.wait_for(count, AHEAD_SECONDS + count / DUE_PER_SECOND + 60)
    return [
        Figure("lateness p50", percentile(waits, 50), "ms"),
        Figure("lateness p99", percentile(waits, 99), "ms"),
    ]


def _request(moment: float) -> JobRequest:
    return JobRequest(
        type=STAMP, payload={"since": moment}, run_at=datetime.fromtimestamp(moment, UTC)
    )
