"""A worker's row: registered, kept fresh, stopped."""

import os
import socket
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models.functions import Now

from jobs.handlers.registry import job_types
from jobs.models import Worker
from jobs.models.worker import WorkerQuerySet
from jobs.services.limits import limits_declare
from jobs.services.queues import queues_declare
from jobs.sql.contention import repeats_conflicts


@repeats_conflicts
def worker_register(*, name: str | None, queues: Sequence[str], concurrency: int) -> Worker:
    """Writes a new row for this process, with the types that it knows, and returns it.

    Limits that the code of this release declares hold from now on.

    `concurrency`: jobs at a time. Without a name the worker is named after its id.
    """
    worker = Worker(
        hostname=socket.gethostname(),
        pid=os.getpid(),
        queues=list(queues),
        concurrency=concurrency,
        types=job_types.names(),
    )
    worker.name = name or worker.default_name
    worker.save(force_insert=True)
    queues_declare()  # a release may name new queues, and have nothing to migrate
    limits_declare()
    return worker


@repeats_conflicts
def worker_heartbeat(*, worker_id: UUID) -> datetime | None:
    """Writes a heartbeat; returns its moment by the database's clock.

    Returns None if the worker's row is stopped or gone: it was declared dead, or stopped.
    """
    if not _live(worker_id).update(heartbeat_at=Now()):
        return None
    return Worker.objects.filter(id=worker_id).values_list("heartbeat_at", flat=True).first()


@repeats_conflicts
def worker_stop(*, worker_id: UUID, in_order: bool = False) -> None:
    """Writes that the worker has stopped: what it still runs is rescued without waiting.

    `in_order`: it was asked to stop. What it still runs was cut off at the end of the grace
    period, which does not count towards the crash limit.
    """
    _live(worker_id).update(stopped_at=Now(), signed_off=in_order)


def _live(worker_id: UUID) -> WorkerQuerySet:
    return Worker.objects.filter(id=worker_id, stopped_at__isnull=True)
