"""Accepting jobs in this process: one at a time, and a thousand at a time."""

import time
from collections.abc import Callable

from jobs.benchmark import raw
from jobs.benchmark.bench import Bench, Findings
from jobs.benchmark.figure import Figure
from jobs.benchmark.job_names import EMPTY
from jobs.benchmark.rows import clean_slate, enqueue_jobs
from jobs.services.enqueue import job_enqueue


def enqueue(bench: Bench) -> Findings:
    """Each beside the bare statements, run in turns."""
    singles, jobs = bench.sizes.single_enqueues, bench.sizes.jobs
    return Findings(
        bench.median("one at a time", lambda: [_one(singles)])
        + bench.median("many at a time", lambda: [_many(jobs)])
    )


def _one(count: int) -> Figure:
    clean_slate()
    limit = raw.insert_and_push(count)
    rate = _rate(count, lambda: _enqueue_singly(count))
    return Figure("enqueue one", rate, "jobs/s", limit, "INSERT + LPUSH/s")


def _many(count: int) -> Figure:
    clean_slate()
    limit = raw.insert_bulk(count)
    rate = _rate(count, lambda: enqueue_jobs(count))
    return Figure("enqueue many", rate, "jobs/s", limit, "rows/s inserted in bulk")


def _enqueue_singly(count: int) -> None:
    for number in range(count):
        job_enqueue(type=EMPTY, payload={"number": number})


def _rate(count: int, action: Callable[[], None]) -> float:
    started = time.perf_counter()
    action()
    return count / (time.perf_counter() - started)
