"""Workers of the demonstration: some live, some have stopped."""

from datetime import timedelta

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
# So long nobody takes their running jobs for lost, although no process is behind them.
_SEEM_LIVE = timedelta(hours=1)


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
            heartbeat_at=now + _SEEM_LIVE,
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
