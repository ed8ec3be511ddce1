"""Accepting jobs in this process: one at a time, and a thousand at a time."""

from jobs.services.enqueue import job_enqueue
from jobs.services.enqueue.insert import BATCH
from tools.benchmark import raw
from tools.benchmark.bench import Bench, Findings
from tools.benchmark.figure import Figure
from tools.benchmark.job_names import EMPTY
from tools.benchmark.rows import empty_everything, enqueue_jobs
from tools.benchmark.turns import in_turns

SLICE = 50


def enqueue(bench: Bench) -> Findings:
    """Each beside the bare statements, run in turns."""
    singles, jobs = bench.sizes.single_enqueues, bench.sizes.jobs
    return Findings(
        bench.median("one at a time", lambda: [_one(singles)])
        + bench.median("many at a time", lambda: [_many(jobs)])
    )


def _one(count: int) -> Figure:
    empty_everything()
    with raw.inserts_and_pushes() as bare:
        limit, rate = in_turns(count, SLICE, bare, _enqueue_singly)
    return Figure("enqueue one", rate, "jobs/s", limit, "INSERT + LPUSH/s")


def _many(count: int) -> Figure:
    empty_everything()
    with raw.bulk_inserts() as bare:
        limit, rate = in_turns(count, BATCH, bare, enqueue_jobs)
    return Figure("enqueue many", rate, "jobs/s", limit, "rows/s inserted in bulk")


def _enqueue_singly(count: int) -> None:
    for number in range(count):
        job_enqueue(type=EMPTY, payload={"number": number})
