"""What the calls about queues answer."""

from typing import TypedDict

from django.urls import reverse

from jobs.api.shared.moments import written_or_none
from jobs.services.limits.in_use import LimitInUse
from jobs.services.queues_now import QueueNow


class LimitFacts(TypedDict):
    """The limit of a queue, and how much of it is in use."""

    max_concurrency: int | None
    rate: str | None
    burst: int | None
    is_fair: bool
    slots_in_use: int


class QueueFacts(TypedDict):
    """A queue, and what is in it."""

    name: str
    depth: int
    delayed: int
    is_capped: bool
    oldest_ready_seconds: float | None
    in_flight: int
    paused: bool
    paused_at: str | None
    paused_by: str | None
    paused_reason: str | None
    held: int
    limit: LimitFacts | None


class QueueLinks(TypedDict):
    """Where a queue is, and what can be decided about it."""

    self: str
    pause: str
    resume: str


class QueueRepresentation(QueueFacts):
    """The same, and what can be done next."""

    links: QueueLinks


def queue_facts(now: QueueNow) -> QueueFacts:
    """The queue without links."""
    queue, age = now.queue, now.oldest_ready_seconds
    return {
        "name": queue.name,
        "depth": now.depth,
        "delayed": now.delayed,
        "is_capped": now.is_capped,
        "oldest_ready_seconds": None if age is None else round(age, 3),
        "in_flight": now.in_flight,
        "paused": queue.paused_at is not None,
        "paused_at": written_or_none(queue.paused_at),
        "paused_by": queue.paused_by or None,
        "paused_reason": queue.paused_reason or None,
        "held": now.held,
        "limit": _limit_facts(now.limit) if now.limit else None,
    }


def _limit_facts(limit: LimitInUse) -> LimitFacts:
    rule = limit.limit.rule
    return {
        "max_concurrency": rule.max_concurrency,
        "rate": rule.rate and rule.rate.as_text,
        "burst": rule.rate and rule.rate.burst,
        "is_fair": limit.limit.is_fair,
        "slots_in_use": limit.slots_in_use,
    }


def queue_representation(now: QueueNow) -> QueueRepresentation:
    """The queue."""
    return {
        **queue_facts(now),
        "links": {
            "self": reverse("queue", args=[now.name]),
            "pause": reverse("queue-pause", args=[now.name]),
            "resume": reverse("queue-resume", args=[now.name]),
        },
    }
