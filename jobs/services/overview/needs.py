"""What needs a person now. Every question is bounded: none costs more as tables grow."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.broker import get_broker
from jobs.core.conf import jobs_conf
from jobs.core.errors import BrokerUnavailable
from jobs.models import Job, Schedule
from jobs.models.moments import seconds_ago
from jobs.services.dead_letter_groups import groups_now
from jobs.services.queues_now import COUNTED, QueueNow
from jobs.services.serving import Serving, serving_now
from jobs.sql.statements import database_now

KINDS_SHOWN = SCHEDULES_SHOWN = 5
# Of each list the jobs that come next: a type that no worker knows comes back to them.
HEADS_READ = 20
# A worker that has just been started needs some seconds until it is live, and a schedule that is
# due until a worker has looked.
PATIENCE_SECONDS = 15.0
# How many entries Redis may lack, plus a share of all: workers have popped them, not claimed yet.
MISSING_MARGIN, MISSING_SHARE = 200, 0.1


class Need(NamedTuple):
    """Something that a person should see to.

    `words`: what is so; `advice`: what to do about it. `subject` and `filters`: the model whose
    list shows it (or "health", the page), and the filters of that list. `group`: the fingerprint of
    the group of dead letters that it is about, "" for all groups. `since`: for how long it has been
    so, if known. `is_urgent`: jobs do not run, or are given up.
    """

    words: str
    advice: str
    subject: str
    filters: Mapping[str, str] = {}
    since: datetime | None = None
    is_urgent: bool = True
    group: str | None = None


def needs_now(queues: Sequence[QueueNow]) -> list[Need]:
    """Everything, the urgent first. `queues`: what is in them now. Costs some ten queries.

    Raises the database's errors; that Redis is away is one of the needs.
    """
    found = [*_of_queues(queues), *_of_redis(queues), *_of_dead_letters(), *_of_schedules()]
    return sorted(found, key=lambda need: not need.is_urgent)


def _of_dead_letters() -> Iterator[Need]:
    """The largest groups, in numbers that triggers keep up; a muted one needs nobody."""
    found = groups_now(muted=False, limit=KINDS_SHOWN)
    for one in found.groups:
        yield Need(
            f"{one.count:,} dead {_plural(one.count, 'letter')} of {one.type}: {one.error[:160]}",
            "Read why, then replay or discard.",
            "deadletter",
            {"type": one.type, "fingerprint": one.fingerprint},
            since=one.first_seen,
            group=one.fingerprint,
        )
    if (more := found.total - KINDS_SHOWN) > 0:
        at_least = "at least " if found.is_capped else ""
        words = f"{at_least}{more:,} more {_plural(more, 'kind')} of dead letters"
        yield Need(words, "See the groups.", "deadletter", group="")


def _of_schedules() -> Iterator[Need]:
    active = Schedule.objects.active()
    failing = active.exclude(error="").order_by("name").values_list("name", "error")
    for name, error in failing[:SCHEDULES_SHOWN]:
        yield Need(
            f"the schedule {name} fails: {error[:160]}",
            "Correct it, or pause it.",
            "schedule",
            {"q": name},
        )
    late = active.filter(error="", due_at__lt=seconds_ago(PATIENCE_SECONDS)).order_by("due_at")
    if first := late.values_list("name", "due_at").first():
        count, (name, due_at) = late.count(), first
        yield Need(
            f"{count:,} {_plural(count, 'schedule')} did not fire in time, {name} first",
            "Workers fire schedules: see whether one is live.",
            "schedule",
            since=due_at,
        )
    orphaned = Schedule.objects.orphaned().filter(paused=False).order_by("name")
    if names := list(orphaned.values_list("name", flat=True)[:SCHEDULES_SHOWN]):
        yield Need(
            f"no worker's code declares {_listed(names)} any more, so that it does not fire",
            "Delete it, or start a worker that has it.",
            "schedule",
            is_urgent=False,
        )


def _of_queues(queues: Sequence[QueueNow]) -> Iterator[Need]:
    waiting = [one for one in queues if one.depth]
    for one in waiting:
        if one.queue.paused_at is not None:
            yield Need(
                f"{one.queue.pause_in_words}; {_counted(one.depth)} {_waits(one.depth)}",
                "Resume it when the reason is gone.",
                "queue",
                {"q": one.name},
                since=one.queue.paused_at,
                is_urgent=False,
            )
    overdue = [one for one in waiting if one.queue.paused_at is None and _is_overdue(one)]
    if overdue:
        yield from _unserved(overdue, serving_now())


def _is_overdue(queue: QueueNow) -> bool:
    return (queue.oldest_ready_seconds or 0.0) > PATIENCE_SECONDS


def _unserved(overdue: Sequence[QueueNow], serving: Serving) -> Iterator[Need]:
    """What keeps the next jobs of these queues from running."""
    now = database_now()
    if not serving.is_anyone:
        names = _listed([one.name for one in overdue])
        yield Need(
            f"no worker is live, and jobs wait in {names}",
            "Start one: manage.py runworker.",
            "worker",
            since=min(_waiting_since(one, now) for one in overdue),
        )
        return
    for one in overdue:
        if not serving.serves(one.name):
            yield Need(
                f"no live worker serves the queue {one.name}; {_counted(one.depth)} "
                f"{_waits(one.depth)}",
                f"Start one: manage.py runworker --queues {one.name}.",
                "worker",
                since=_waiting_since(one, now),
            )
    served = [one for one in overdue if serving.serves(one.name)]
    types = Job.objects.types_ahead([one.name for one in served], HEADS_READ)
    for one in served:
        clauses = {serving.missing_for(one.name, name) for name in types[one.name]}
        for clause in sorted(filter(None, clauses)):
            yield Need(
                f"{clause}, and jobs of it are next in {one.name}",
                "Start a worker whose code has it, or cancel the jobs.",
                "job",
                {"state": "queued", "queue": one.name},
                since=_waiting_since(one, now),
            )


def _waiting_since(queue: QueueNow, now: datetime) -> datetime:
    return now - timedelta(seconds=queue.oldest_ready_seconds or 0.0)


def _of_redis(queues: Sequence[QueueNow]) -> Iterator[Need]:
    try:
        entries = get_broker().depth([one.name for one in queues]).ready
        facts = get_broker().server_facts()
    except BrokerUnavailable as error:
        yield Need(
            f"Redis does not answer: {error}", "Jobs run more slowly until it does.", "queue"
        )
        return
    if facts.max_bytes and facts.has_evicting_policy:
        yield Need(
            f"Redis may evict what it holds: its policy is {facts.eviction_policy}",
            "Set maxmemory-policy noeviction: workers dispatch again what was evicted, but later.",
            "health",
            is_urgent=False,
        )
    conf = jobs_conf()
    patience_seconds = conf.redispatch_seconds + conf.redispatch_margin_seconds + PATIENCE_SECONDS
    for one in queues:
        there = sum(count for (queue, _), count in entries.items() if queue == one.name)
        missing = one.depth - there
        is_old = (one.oldest_ready_seconds or 0.0) > patience_seconds
        if is_old and missing > MISSING_MARGIN + MISSING_SHARE * one.depth:
            yield Need(
                f"Redis has {there:,} of the {_counted(one.depth)} that are ready in {one.name}",
                "Workers dispatch what it has lost; if it stays so, see the log of a worker.",
                "queue",
                {"q": one.name},
            )


def _counted(depth: int) -> str:
    more = " or more" if depth >= COUNTED else ""
    return f"{depth:,}{more} {_plural(depth, 'job')}"


def _waits(count: int) -> str:
    return "waits" if count == 1 else "wait"


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
