"""Handlers that wait 10 ms, fifty at a time: on threads, and on the event loop."""

from tools.benchmark.bench import Bench, Findings
from tools.benchmark.drains import Drain
from tools.benchmark.figure import Figure
from tools.benchmark.job_names import SLEEP, SLEEP_ASYNC, SLEEP_SECONDS
from tools.benchmark.rows import empty_everything

CONCURRENCY = 50
CEILING = CONCURRENCY / SLEEP_SECONDS


def io(bench: Bench) -> Findings:
    """One process. More than 50 / 10 ms = 5,000 a second is impossible."""
    return Findings(
        bench.median("async", lambda: [_figure("10 ms I/O × 50, async", SLEEP_ASYNC, bench)])
        + bench.median("threads", lambda: [_figure("10 ms I/O × 50, threads", SLEEP, bench)])
    )


def _figure(name: str, job_type: str, bench: Bench) -> Figure:
    empty_everything()
    drain = Drain(bench.sizes.io_jobs, job_type, concurrency=CONCURRENCY)
    return Figure(name, drain.run(), "jobs/s", CEILING, "jobs/s at most")
