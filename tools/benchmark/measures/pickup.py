"""An idle worker and a job every 20 ms: from the call of `job_enqueue` to the handler."""

import time

from jobs.services.enqueue import job_enqueue
from tools.benchmark import raw
from tools.benchmark.bench import Bench, Findings
from tools.benchmark.figure import Figure
from tools.benchmark.job_names import STAMP
from tools.benchmark.processes import workers
from tools.benchmark.rows import empty_everything
from tools.benchmark.stamps import percentile, stamps

RAW = "ms, INSERT + LPUSH → BRPOP + claim"
EVERY_SECONDS = 0.02
# The first jobs open connections and load scripts: an idle worker has done that long ago.
WARM_UP = 10


def pickup(bench: Bench) -> Findings:
    """Two commits lie on the way: that of the job, and that of the claim."""
    return Findings(bench.median("a job every 20 ms", lambda: _pickup(bench.sizes.pickups)))


def _pickup(count: int) -> list[Figure]:
    empty_everything()
    bare = raw.pickups(count, EVERY_SECONDS)
    with stamps() as warm, workers(stamps=str(warm.path)):
        _enqueue(WARM_UP)
        warm.wait_for(WARM_UP)
        warm.path.unlink()
        _enqueue(count)
        waits = warm.wait_for(count)
    return [
        Figure(name, percentile(waits, percent), "ms", percentile(bare, percent), RAW)
        for name, percent in (("pick-up p50", 50), ("pick-up p99", 99))
    ]


def _enqueue(count: int) -> None:
    due = time.monotonic()
    for _ in range(count):
        job_enqueue(type=STAMP, payload={"since": time.time()})
        due += EVERY_SECONDS
        time.sleep(max(0.0, due - time.monotonic()))
