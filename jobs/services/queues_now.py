"""What is in each queue at this moment, as PostgreSQL has it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count

from jobs.core.conf import jobs_conf
from jobs.core.errors import UnknownQueue
from jobs.core.limit import queue_limit_name
from jobs.models import Job, Limit, Queue
from jobs.services.limits.in_use import LimitInUse, with_use

# Jobs that are counted of each queue at most: a page must not cost more as a backlog grows.
COUNTED = 10_000


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
    limit: LimitInUse | None = None

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
    rows = Limit.objects.filter(name__in=[queue_limit_name(name) for name in names])
    limits = {one.limit.name: one for one in with_use(list(rows), held_max=COUNTED)}
    for queue in queues:
        limit = limits.get(queue_limit_name(queue.name))
        yield QueueNow(
            queue,
            *depths[queue.name],
            in_flight=in_flight.get(queue.name, 0),
            held=limit.held if limit else 0,
            limit=limit,
        )
