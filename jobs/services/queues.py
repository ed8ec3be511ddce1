"""Queues: declared from the settings, paused and resumed by people."""

from typing import Any

from django.db.models.functions import Now

from jobs.core.actor import ACTOR_NAME_MAX, CODE, Actor
from jobs.core.conf import jobs_conf
from jobs.core.errors import UnknownQueue
from jobs.models import Queue
from jobs.services.events import event_record
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts


def queues_declare(*, model: Any = Queue) -> None:
    """Makes a row for each queue of JOBS_QUEUES that has none.

    `model`: the queue's model as the database has it, for migrations.
    """
    rows = [model(name=name) for name in jobs_conf().queues]
    model._base_manager.bulk_create(rows, ignore_conflicts=True)


@repeats_conflicts
def queue_pause(*, name: str, actor: Actor = CODE, reason: str = "") -> Queue:
    """Workers take nothing more from the queue, within a second; what runs goes on. Returns it.

    Jobs are still accepted, and wait. `actor`: who paused it, and `reason`: why; both are shown
    wherever a job waits for it, and the event has them. A queue that is paused already gets the
    new actor and reason.

    Raises UnknownQueue.
    """
    with short_transaction():
        queue = _locked(name)
        before = _shown(queue)
        queue.paused_at = queue.paused_at or Now()
        queue.paused_by, queue.paused_reason = actor.name[:ACTOR_NAME_MAX], reason
        return _changed(queue, "queue.paused", actor, reason, before)


@repeats_conflicts
def queue_resume(*, name: str, actor: Actor = CODE, reason: str = "") -> Queue:
    """Workers take from the queue again, within a second. Returns it.

    Nothing changes for a queue that is not paused. `actor`, `reason`: for the event.
    Raises UnknownQueue.
    """
    with short_transaction():
        queue = _locked(name)
        if queue.paused_at is None:
            return queue
        before = _shown(queue)
        queue.paused_at, queue.paused_by, queue.paused_reason = None, "", ""
        return _changed(queue, "queue.resumed", actor, reason, before)


def refuse_unknown_queue(name: str) -> None:
    """Raises UnknownQueue for a queue that is neither in JOBS_QUEUES nor has been."""
    known = jobs_conf().queues
    if name not in known and not Queue.objects.filter(name=name).exists():
        raise UnknownQueue(name, known)


def _locked(name: str) -> Queue:
    """The row, held until the transaction ends. Raises UnknownQueue."""
    queue = Queue.objects.select_for_update().filter(name=name).first()
    if queue is not None:
        return queue
    known = jobs_conf().queues
    if name not in known:
        raise UnknownQueue(name, known)
    queues_declare()
    return Queue.objects.select_for_update().get(name=name)


def _changed(queue: Queue, action: str, actor: Actor, reason: str, before: dict[str, Any]) -> Queue:
    queue.save(update_fields=["paused_at", "paused_by", "paused_reason"])
    queue.refresh_from_db()
    event_record(
        action=action,
        subject_type="queue",
        subject_id=queue.name,
        actor=actor,
        reason=reason,
        before=before,
        after=_shown(queue),
    )
    return queue


def _shown(queue: Queue) -> dict[str, Any]:
    """What a pause changes, as its event shows it."""
    return {
        "paused": queue.paused_at is not None,
        "paused_by": queue.paused_by,
        "paused_reason": queue.paused_reason,
    }
