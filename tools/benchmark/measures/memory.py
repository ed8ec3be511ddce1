"""What one worker process holds while it runs a million jobs."""

import time

from jobs.broker import get_broker
from jobs.core.conf import PRIORITY_DEFAULT
from tools.benchmark.bench import Bench, Findings
from tools.benchmark.drains import QUEUE
from tools.benchmark.figure import Figure
from tools.benchmark.processes import workers
from tools.benchmark.rows import empty_everything, enqueue_jobs
from tools.child import Child

SAMPLE_SECONDS = 0.25
MEGABYTE = 2**20
# After this share of the jobs all code and caches are loaded: what comes later is growth.
WARMED_UP = 0.1


def memory(bench: Bench) -> Findings:
    """Sampled four times a second."""
    empty_everything()
    jobs = bench.sizes.million
    bench.progress.step(f"accepting {jobs:,} jobs")
    enqueue_jobs(jobs)
    bench.progress.step(f"running {jobs:,} jobs")
    with workers() as process:
        samples = _samples(process)
    warm = next(megabytes for left, megabytes in samples if left <= jobs * (1 - WARMED_UP))
    highest = max(megabytes for _, megabytes in samples)
    return Findings(
        [
            Figure("memory, most", highest, "MB"),
            Figure("memory, growth", samples[-1][1] - warm, "MB"),
        ],
        [{"jobs_left": left, "megabytes": round(megabytes, 1)} for left, megabytes in samples],
    )


def _samples(process: Child) -> list[tuple[int, float]]:
    """Jobs left and megabytes held, until none is left."""
    broker = get_broker()
    samples: list[tuple[int, float]] = []
    while not samples or samples[-1][0]:
        process.check()
        left = broker.depth([QUEUE]).ready[QUEUE, PRIORITY_DEFAULT]
        samples.append((left, (process.rss_bytes() or 0) / MEGABYTE))
        time.sleep(SAMPLE_SECONDS)
    return samples
