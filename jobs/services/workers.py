"""A worker's row: registered, kept fresh, asked to drain or stop, stopped."""

import os
import socket
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models.functions import Now

from jobs import __version__
from jobs.core.actor import CODE, Actor
from jobs.core.decision_errors import WorkerStopped
from jobs.handlers.registry import job_types
from jobs.models import Worker
from jobs.models.worker import WorkerQuerySet, WorkerRequest
from jobs.services.events import event_record
from jobs.services.limits.declared import limits_declare
from jobs.services.queues import queues_declare
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts
from jobs.sql.statements import run


class Heard(NamedTuple):
    """What a heartbeat brings back: its moment, and what people ask of the worker."""

    at: datetime
    request: str


@repeats_conflicts
def worker_register(
    *,
    name: str | None,
    queues: Sequence[str],
    concurrency: int,
    async_concurrency: int | None = None,
    instead_of: UUID | None = None,
) -> Worker:
    """Writes a new row for this process, with the types that it knows, and returns it.

    Limits that the code of this release declares hold from now on.

    `concurrency`, `async_concurrency`: jobs at a time on threads, and on the event loop. Without a
    name the worker is named after its id. `instead_of`: the row of the same process that was
    declared dead; what people had asked of it is asked of the new one.
    """
    worker = Worker(
        hostname=socket.gethostname(),
        pid=os.getpid(),
        queues=list(queues),
        concurrency=concurrency,
        async_concurrency=async_concurrency,
        types=job_types.names(),
        version=__version__,
    )
    if former := Worker.objects.filter(id=instead_of).first() if instead_of else None:
        worker.request, worker.requested_by = former.request, former.requested_by
    worker.name = name or worker.default_name
    worker.save(force_insert=True)
    queues_declare()  # a release may name new queues, and have nothing to migrate
    limits_declare()
    return worker


def worker_heartbeat(*, worker_id: UUID, rss_bytes: int | None = None) -> Heard | None:
    """Writes a heartbeat; returns its moment by the database's clock, and what people ask.

    Returns None if the worker's row is stopped or gone: it was declared dead, or stopped.
    `rss_bytes`: the memory of its process.
    """
    rows = run("heartbeat", worker_id=worker_id, rss_bytes=rss_bytes)
    return Heard(*rows[0]) if rows else None


@repeats_conflicts
def worker_ask(
    *, worker_id: UUID, request: WorkerRequest, actor: Actor = CODE, reason: str = ""
) -> Worker:
    """Asks a worker to drain or to stop, or takes that back (`NONE`); returns its row.

    It learns of it with its next heartbeat. One that drains finishes what has begun, gives back
    what has not, and takes nothing more until that is taken back; one that stops ends as with
    SIGTERM, which nobody can take back any more once it has learned of it. Whoever supervises the
    process may start another one. `actor`: who asked, and `reason`: why; the event has both.

    Raises WorkerStopped, Worker.DoesNotExist.
    """
    with short_transaction():
        worker = Worker.objects.select_for_update().get(id=worker_id)
        if worker.stopped_at is not None:
            raise WorkerStopped(worker.name)
        before = worker.request
        if before == request:
            return worker
        worker.request = request
        worker.requested_by = actor.name if request else ""
        worker.save(update_fields=["request", "requested_by"])
        event_record(
            action=_ACTIONS[request],
            subject_type="worker",
            subject_id=worker_id,
            actor=actor,
            reason=reason,
            before={"request": before},
            after={"request": request.value, "name": worker.name},
        )
    return worker


_ACTIONS = {
    WorkerRequest.NONE: "worker.resumed",
    WorkerRequest.DRAIN: "worker.drained",
    WorkerRequest.STOP: "worker.asked_to_stop",
}


@repeats_conflicts
def worker_stop(*, worker_id: UUID, in_order: bool = False) -> None:
    """Writes that the worker has stopped: what it still runs is rescued without waiting.

    `in_order`: it was asked to stop. What it still runs was cut off at the end of the grace
    period, which does not count towards the crash limit.
    """
    _live(worker_id).update(stopped_at=Now(), signed_off=in_order)


def _live(worker_id: UUID) -> WorkerQuerySet:
    return Worker.objects.filter(id=worker_id, stopped_at__isnull=True)
