"""After a flush of Redis: how fast what it has lost is dispatched again."""

from collections.abc import Sequence
from functools import partial

from jobs.broker import get_broker
from jobs.broker.base import ListName
from jobs.core.clock import SystemClock
from jobs.core.conf import jobs_conf
from jobs.core.ids import uuid7
from jobs.services.maintenance.redispatch import SearchedLists, jobs_redispatch_lost
from jobs.services.maintenance.round import Round, run_rounds
from jobs.sql.statements import database_now
from tools.benchmark.bench import Bench, Findings
from tools.benchmark.drains import DRAIN_SECONDS, Drain, seconds_between, wait_until_done
from tools.benchmark.errors import BenchmarkError
from tools.benchmark.figure import Figure
from tools.benchmark.job_names import EMPTY
from tools.benchmark.processes import workers
from tools.benchmark.rows import (
    BACKLOG_LISTS,
    BEHIND_THE_DRAIN,
    add_backlog,
    empty_everything,
    enqueue_jobs,
    vacuum_and_checkpoint,
)
from tools.waiting import wait_until

ALONE = "redispatch after a flush"
BESIDE = "redispatch, beside a drain"
DRAIN = "drain, beside redispatch"
# The dispatch of what was lost lasts longer than the drain of so many, and several turns of timers.
DRAINS = 4


def redispatch(bench: Bench) -> Findings:
    """A turn of one worker's timer with nothing beside it, and a worker that drains meanwhile."""
    alone = bench.median(ALONE, lambda: [_flushed(bench)])
    return Findings([*alone, *bench.median(DRAIN, lambda: _beside_each_other(bench))])


def _flushed(bench: Bench) -> Figure:
    jobs, clock = bench.sizes.million, SystemClock()
    _queue(bench, BACKLOG_LISTS)
    _flush()
    bench.progress.step(f"dispatching {jobs:,} jobs again")
    begun_at = clock.monotonic()
    count = sum(done.count for done in run_rounds(_one_turn()))
    seconds = clock.monotonic() - begun_at
    if count != jobs:
        raise BenchmarkError(f"{count:,} jobs of {jobs:,} were dispatched again")
    return Figure(ALONE, jobs / seconds, "jobs/s")


def _beside_each_other(bench: Bench) -> list[Figure]:
    """All that is queued was lost, and what is drained lies before a million others."""
    jobs = bench.sizes.jobs * DRAINS
    _queue(bench, [BEHIND_THE_DRAIN])
    kept = Drain(jobs).run()
    _queue(bench, [BEHIND_THE_DRAIN])
    first = uuid7()
    enqueue_jobs(jobs)
    _flush()
    with workers() as process:
        wait_until(_ready_behind_the_drain, DRAIN_SECONDS, "nothing was dispatched again")
        wait_until_done(first, EMPTY, process)
        dispatched = jobs + _ready_behind_the_drain()
    seconds = seconds_between(first, EMPTY)
    return [
        Figure(DRAIN, jobs / seconds, "jobs/s", kept, "jobs/s when nothing is lost"),
        Figure(BESIDE, dispatched / seconds, "jobs/s"),
    ]


def _queue(bench: Bench, lists: Sequence[ListName]) -> None:
    empty_everything()
    bench.progress.step(f"adding {bench.sizes.million:,} queued jobs")
    add_backlog(bench.sizes.million, lists)


def _ready_behind_the_drain() -> int:
    queue, _ = BEHIND_THE_DRAIN
    return get_broker().depth([queue]).ready[BEHIND_THE_DRAIN]


def _flush() -> None:
    """Loses everything. What is younger than the margin may be on its way, and would be left."""
    get_broker().forget_everything()
    vacuum_and_checkpoint()
    SystemClock().sleep(jobs_conf().redispatch_margin_seconds)


def _one_turn() -> partial[Round]:
    queues = sorted({queue for queue, _ in BACKLOG_LISTS})
    return partial(
        jobs_redispatch_lost,
        queues=queues,
        dispatched_before=database_now(),
        searched=SearchedLists(),
    )
