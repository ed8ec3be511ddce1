"""After a flush of Redis: how fast what it has lost is dispatched again."""

from functools import partial

from jobs.broker import get_broker
from jobs.core.clock import SystemClock
from jobs.core.conf import jobs_conf
from jobs.services.maintenance.redispatch import SearchedLists, jobs_redispatch_lost
from jobs.services.maintenance.round import Round, run_rounds
from jobs.sql.statements import database_now
from tools.benchmark.bench import Bench, Findings
from tools.benchmark.errors import BenchmarkError
from tools.benchmark.figure import Figure
from tools.benchmark.rows import BACKLOG_LISTS, add_backlog, empty_everything, vacuum_and_checkpoint


def redispatch(bench: Bench) -> Findings:
    """A turn of one worker's timer, with nothing beside it."""
    return Findings(bench.median("redispatch after a flush", lambda: [_flushed(bench)]))


def _flushed(bench: Bench) -> Figure:
    jobs, clock = bench.sizes.million, SystemClock()
    empty_everything()
    bench.progress.step(f"adding {jobs:,} queued jobs")
    add_backlog(jobs)
    get_broker().forget_everything()
    vacuum_and_checkpoint()
    clock.sleep(jobs_conf().redispatch_margin_seconds)  # younger ones may be on their way
    bench.progress.step(f"dispatching {jobs:,} jobs again")
    begun_at = clock.monotonic()
    count = sum(done.count for done in run_rounds(_one_turn()))
    seconds = clock.monotonic() - begun_at
    if count != jobs:
        raise BenchmarkError(f"{count:,} jobs of {jobs:,} were dispatched again")
    return Figure("redispatch after a flush", jobs / seconds, "jobs/s")


def _one_turn() -> partial[Round]:
    queues = sorted({queue for queue, _ in BACKLOG_LISTS})
    return partial(
        jobs_redispatch_lost,
        queues=queues,
        dispatched_before=database_now(),
        searched=SearchedLists(),
    )
