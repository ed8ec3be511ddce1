"""Makes the demonstration: rows by COPY, day by day, and then what is added up of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from random import Random
from typing import TypeVar
from uuid import UUID

from django.db import connection

from jobs.core.errors import BrokerUnavailable
from jobs.core.histogram import BOUNDS
from jobs.models import Batch, ProgressReport, Slot
from jobs.services.block_ranges import searches_in_vain
from jobs.services.demo.batches import BatchJobs
from jobs.services.demo.clients import client_pks, clients_make
from jobs.services.demo.month import Entry, Month
from jobs.services.demo.open_jobs import LIMIT, OpenJobs, limit_make
from jobs.services.demo.pen import Pen
from jobs.services.demo.schedules import schedules_make
from jobs.services.demo.sizes import JOBS_DEFAULT, Sizes
from jobs.services.demo.standing import Standing, demo_standing
from jobs.services.demo.workers import workers_beat, workers_make
from jobs.services.maintenance.redispatch import jobs_redispatch_lost
from jobs.services.verification.loaded import queues_in_use
from jobs.sql.statements import database_now, execute, run_copy, statement

SEED = 20_000
_PORTION = 2_000
_BATCH_MINUTES_AGO = 2
_PROGRESS_OF = 5

Say = Callable[[str], None]
_Row = TypeVar("_Row", bound=tuple[str, ...])


def demo_make(*, jobs: int = JOBS_DEFAULT, say: Say = lambda line: None) -> Standing:
    """Makes a month of so many jobs, with all that belongs to it; returns what is there then.

    The same rows each time, but for their moments: the month ends now. Queued jobs are dispatched
    as those that Redis has lost. `say` is told how far it is. For an empty database, or one whose
    demonstration was removed.
    """
    sizes = Sizes(jobs)
    clients = clients_make()
    all_workers, live_workers = workers_make()
    schedules = schedules_make(clients.operator, clients.by_name["demo-reports"])
    ends_ms = int(database_now().timestamp()) * 1000
    pen = Pen(Random(SEED), clients, all_workers, ends_ms)  # noqa: S311 - no secret comes of it
    limit_make(pen)
    month = Month(pen, sizes, schedules)
    for number, entries in enumerate(month.days(), 1):
        _copy_day(pen, entries)
        say(f"day {number} of 30: {pen.count:,} jobs")
    _copy_open(pen, month.batches, sizes, live_workers)
    say("roll-ups, and what the planner wants to know")
    _count()
    _analyze()
    workers_beat()  # all of this may have taken minutes
    _dispatch(say)
    return demo_standing()


def _copy_day(pen: Pen, entries: Iterable[Entry]) -> None:
    run_copy("demo_copy_jobs", _job_lines(pen, entries))
    _copy_others(pen)


def _job_lines(pen: Pen, entries: Iterable[Entry]) -> Iterator[str]:
    """The lines of the jobs, in portions: PostgreSQL reads one while the next one is written."""
    left = iter(entries)
    while portion := list(islice(left, _PORTION)):
        for ms, write, what in portion:
            write(ms, what)
        yield from _taken(pen.jobs)


def _copy_others(pen: Pen) -> None:
    """What hangs on the jobs that were written last."""
    run_copy("demo_copy_dead_letters", _taken(pen.letters))
    run_copy("demo_copy_processed_keys", _taken(pen.keys))
    run_copy("demo_copy_results", _taken(pen.results, ""))
    run_copy("demo_copy_events", _taken(pen.events, ""))


def _taken(rows: list[_Row], *more: str) -> Iterator[str]:
    """The rows as lines, each with these columns behind it; the list is empty afterwards."""
    lines = ["\t".join((*row, *more)) for row in rows]
    rows.clear()
    if lines:
        yield "\n".join(lines) + "\n"


def _copy_open(pen: Pen, batches: BatchJobs, sizes: Sizes, live_workers: Sequence[str]) -> None:
    """The jobs that have not ended, and the rows of batches, slots and progress."""
    open_jobs = OpenJobs(pen, live_workers)
    batches.write_running(pen.ends_ms - _BATCH_MINUTES_AGO * 60_000, sizes.batch_size)
    open_jobs.write(sizes.open)
    running = [UUID(row.id) for row in pen.jobs if row.state == "running"]
    run_copy("demo_copy_jobs", _taken(pen.jobs))
    _copy_others(pen)
    Batch.objects.bulk_create(batches.made)
    Slot.objects.bulk_create(
        [Slot(job_id=UUID(job_id), limit_name=LIMIT) for job_id in open_jobs.admitted]
    )
    ProgressReport.objects.bulk_create(
        [
            ProgressReport(job_id=job_id, attempt=1, done=number, total=10, message="sending")
            for number, job_id in enumerate(running[::_PROGRESS_OF])
        ]
    )


def _count() -> None:
    bounds = f"{{{','.join(map(str, BOUNDS))}}}"
    execute(statement("demo_count"), {"clients": client_pks(), "bounds": bounds})


def _analyze() -> None:
    """What autovacuum would do in a minute: block ranges are summarised, statistics are taken."""
    tables = "jobs_job, jobs_deadletter, jobs_processedkey, jobs_jobresult, jobs_event, jobs_rollup"
    if connection.in_atomic_block:  # a test
        execute(f"ANALYZE {tables}")
        return
    execute(f"VACUUM (ANALYZE) {tables}")
    # PostgreSQL has cancelled autovacuum for it, and with it perhaps the summary of a range.
    for search in searches_in_vain():
        if search.is_in_vain:
            execute(f"REINDEX INDEX {search.name}")


def _dispatch(say: Say) -> None:
    try:
        while jobs_redispatch_lost(queues=queues_in_use()).is_full:
            pass
    except BrokerUnavailable:
        say("Redis does not answer; workers dispatch what is queued")
