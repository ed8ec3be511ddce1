"""Workers of the demonstration: some live, some have stopped."""

from datetime import timedelta

from django.db.models.functions import Now

from jobs import __version__
from jobs.core.conf import jobs_conf
from jobs.core.ids import uuid7s
from jobs.handlers.registry import job_types
from jobs.models import Worker
from jobs.sql.statements import database_now

PREFIX = "demo-worker-"
_LIVE, _STOPPED = 6, 2
_CONCURRENCY = 10
_MEGABYTE = 1024 * 1024


def workers_make() -> tuple[list[str], list[str]]:
    """Makes the workers; returns the ids of all, and of those that live."""
    now = database_now()
    workers = [
        Worker(
            id=worker_id,
            name=f"{PREFIX}{number}",
            hostname=f"host-{1 + number % 3}",
            pid=4_000 + number,
            queues=jobs_conf().queues,
            concurrency=_CONCURRENCY,
            types=job_types.names(),
            started_at=now - timedelta(days=3, minutes=number),
            heartbeat_at=now,
            version=__version__,
            rss_bytes=(140 + 7 * number) * _MEGABYTE,
        )
        for number, worker_id in enumerate(uuid7s(_LIVE + _STOPPED), 1)
    ]
    for worker in workers[_LIVE:]:
        worker.heartbeat_at = worker.stopped_at = now - timedelta(days=1)
        worker.signed_off = True
    Worker.objects.bulk_create(workers)
    ids = [str(worker.id) for worker in workers]
    return ids, ids[:_LIVE]


def workers_beat() -> int:
    """Writes heartbeats for those that live, as no process is behind them; returns how many.

    Others take their running jobs for lost once they are silent for the timeout of workers.
    """
    live = Worker.objects.filter(name__startswith=PREFIX, stopped_at=None)
    return live.update(heartbeat_at=Now())
