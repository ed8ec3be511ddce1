"""Queues: declared from the settings, paused and resumed by people, and what is in each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.db.models.functions import Now

from jobs.core.actor import CODE, Actor
from jobs.core.conf import jobs_conf
from jobs.core.errors import UnknownQueue
from jobs.core.limit import queue_limit_name
from jobs.models import Job, Limit, Queue, Slot
from jobs.services.events import event_record
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts

# Jobs that are counted of each queue at most: a page must not cost more as a backlog grows.
COUNTED = 10_000


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
        queue.paused_by, queue.paused_reason = actor.name, reason
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


def paused_queue_names() -> frozenset[str]:
    """The names of the queues that are paused now."""
    return frozenset(Queue.objects.paused().values_list("name", flat=True))


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


@dataclass(frozen=True, slots=True)
class LimitNow:
    """The limit of a queue at one moment."""

    limit: Limit
    slots_in_use: int


@dataclass(frozen=True, slots=True)
class QueueNow:
    """One queue at one moment.

    `depth`: jobs that are ready, which wait for nothing but a worker or the end of a pause;
    `delayed`: jobs that wait for their moment. Neither is counted beyond COUNTED (`is_capped`).
    `oldest_ready_seconds`: for how long the one that has waited longest could have run, to within
    what a redispatch reorders; None if none is ready. `in_flight`: jobs that workers hold. `held`:
    jobs that the queue's own limit holds.
    """

    queue: Queue
    depth: int
    delayed: int
    oldest_ready_seconds: float | None
    in_flight: int
    held: int = 0
    limit: LimitNow | None = None

    @property
    def name(self) -> str:
        return self.queue.name

    @property
    def is_capped(self) -> bool:
        """Whether there may be more jobs than were counted."""
        return max(self.depth, self.delayed, self.held) >= COUNTED

    @property
    def has_jobs(self) -> bool:
        """Whether anything waits or runs."""
        return bool(self.depth or self.delayed or self.in_flight or self.held)


def queues_now() -> list[QueueNow]:
    """The queues of JOBS_QUEUES, in that order, and then those that only rows still name.

    Of these only what has jobs or is paused. As PostgreSQL has it; costs up to nine queries.
    """
    rows = {queue.name: queue for queue in Queue.objects.all()}
    declared = jobs_conf().queues
    now = list(with_counts([rows.get(name) or Queue(name=name) for name in declared]))
    left = list(with_counts([queue for name, queue in rows.items() if name not in declared]))
    return now + [one for one in left if one.has_jobs or one.queue.paused_at]


def queue_now(*, name: str) -> QueueNow:
    """One queue. Raises UnknownQueue."""
    queue = Queue.objects.filter(name=name).first()
    known = jobs_conf().queues
    if queue is None and name not in known:
        raise UnknownQueue(name, known)
    [now] = with_counts([queue or Queue(name=name)])
    return now


def with_counts(queues: Sequence[Queue]) -> Iterator[QueueNow]:
    """These queues, in their order, and what is in each. Costs four queries, and one a limit."""
    if not queues:
        return
    names = [queue.name for queue in queues]
    depths = Job.objects.queue_depths(names, COUNTED)
    running = Job.objects.running().filter(queue__in=names).order_by()
    in_flight = dict(running.values_list("queue").annotate(count=Count("*")))
    limits = _limits_of(names)
    for queue in queues:
        limit = limits.get(queue_limit_name(queue.name))
        yield QueueNow(
            queue,
            *depths[queue.name],
            in_flight=in_flight.get(queue.name, 0),
            held=_held(limit.limit.name) if limit else 0,
            limit=limit,
        )


def _limits_of(queues: list[str]) -> dict[str, LimitNow]:
    names = [queue_limit_name(queue) for queue in queues]
    in_use = dict(
        Slot.objects.filter(limit_name__in=names)
        .order_by()
        .values_list("limit_name")
        .annotate(count=Count("*"))
    )
    rows = Limit.objects.filter(name__in=names)
    return {limit.name: LimitNow(limit, in_use.get(limit.name, 0)) for limit in rows}


def _held(limit_name: str) -> int:
    return Job.objects.queued().filter(held_by=limit_name).order_by()[:COUNTED].count()
