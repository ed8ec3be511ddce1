"""Drains: jobs lie in the queue, workers start, and the clock of PostgreSQL says how long."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Min

from jobs.broker import get_broker
from jobs.core.conf import PRIORITY_DEFAULT
from jobs.core.ids import uuid7
from jobs.models import Job
from tools.benchmark.job_names import EMPTY
from tools.benchmark.processes import workers
from tools.benchmark.rows import enqueue_jobs, vacuum_and_checkpoint
from tools.child import Child
from tools.waiting import wait_until

QUEUE = "default"
# Longer than any machine needs for one drain of the default size.
DRAIN_SECONDS = 600.0


@dataclass(frozen=True)
class Drain:
    """What is drained, and by what."""

    jobs: int
    job_type: str = EMPTY
    processes: int = 1
    concurrency: int | None = None
    keyed: bool = False
    poison_every: int = 0  # after so many jobs one more that always fails, and is not counted
    database_url: str | None = None

    def run(self) -> float:
        """Jobs a second, from the first claim to the last outcome."""
        first = uuid7()
        enqueue_jobs(self.jobs, self.job_type, keyed=self.keyed, poison_every=self.poison_every)
        vacuum_and_checkpoint()
        with workers(
            processes=self.processes,
            concurrency=self.concurrency,
            database_url=self.database_url,
        ) as process:
            wait_until_done(first, self.job_type, process)
        return self.jobs / seconds_between(first, self.job_type)


def wait_until_done(first: UUID, job_type: str, process: Child) -> None:
    """Asks Redis, which costs next to nothing, and at the end the database."""
    broker = get_broker()

    def is_empty() -> bool:
        process.check()
        return not broker.depth([QUEUE]).ready[QUEUE, PRIORITY_DEFAULT]

    def is_done() -> bool:
        process.check()
        unfinished = Job.objects.filter(id__gt=first, type=job_type, finished_at__isnull=True)
        return not unfinished.exists()

    wait_until(is_empty, DRAIN_SECONDS, "the queue was not drained")
    wait_until(is_done, DRAIN_SECONDS, "not every job was finished", every_seconds=0.05)


def seconds_between(first: UUID, job_type: str) -> float:
    """From the first claim to the last outcome of the jobs that were made after `first`."""
    times: dict[str, datetime] = Job.objects.filter(id__gt=first, type=job_type).aggregate(
        began=Min("claimed_at"), ended=Max("finished_at")
    )
    return (times["ended"] - times["began"]).total_seconds()
