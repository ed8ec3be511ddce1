"""A whole group is put aside for good, in slices that hold up nobody else."""

import time
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F, TextField
from django.db.models.functions import Cast

from jobs.core.actor import Actor
from jobs.core.states import Resolution
from jobs.models import DeadLetter, Job
from jobs.models.dead_letter import DeadLetterQuerySet
from jobs.services.dead_letter_groups.triage import SUBJECT
from jobs.services.events import actor_with_id, event_record
from jobs.services.key_waits import jobs_wake_after_commit
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts
from jobs.sql.statements import database_now

# Dead letters in one transaction, which holds their rows until its end.
SLICE = 2_000
# How long one call goes on: a server gives a request up after 30 s.
SECONDS = 15.0
# And within another transaction, which holds the rows of all slices until its end: that of a call
# with an `Idempotency-Key`.
TOGETHER_SECONDS = 1.0


class GroupDiscarded(NamedTuple):
    """What became of a group: how many were discarded, and how many of those asked for are left."""

    discarded: int
    left: int


class _By(NamedTuple):
    """Who has decided."""

    user_id: Any
    actor: Actor


def group_discard(
    *,
    fingerprint: str,
    until: datetime | None = None,
    resolved_by_id: Any,
    reason: str = "",
    actor: Actor | None = None,
    clients: Collection[Any] | None = None,
    seconds: float = SECONDS,
) -> GroupDiscarded:
    """Discards what of a group waits, and died by `until`; None: by now.

    Their jobs stay dead, and their effect keys become free. `resolved_by_id`: the user who decided,
    and `reason`: why; one event for the whole decision has both, and how many it was about.
    `actor`: who decided, where that is no user. `clients`: primary keys of users whose dead letters
    it is about; None for all. What another decision holds at this moment is left, and so is what
    `seconds` were too short for, of which it takes few within another transaction: ask again.

    Raises DeadLetter.DoesNotExist if there is no dead letter with that fingerprint, decided about
    or not.
    """
    until = until or database_now()
    everything = DeadLetter.objects.filter(fingerprint=fingerprint)
    if clients is not None:
        everything = everything.filter(submitted_by_id__in=clients)
    asked = everything.waiting().filter(created_at__lte=until)
    count = asked.count()
    if not count:
        everything.only("id")[:1].get()
        return GroupDiscarded(0, 0)
    by = _By(resolved_by_id, actor or actor_with_id(resolved_by_id))
    event = {"died_until": until.isoformat(), "waiting": count}
    if connection.in_atomic_block:
        seconds = min(seconds, TOGETHER_SECONDS)
    give_up_at = time.monotonic() + seconds
    discarded, last = 0, UUID(int=0)
    while time.monotonic() < give_up_at:
        taken = _discard_slice(asked, last, by, fingerprint, reason, event)
        if not taken:
            break
        discarded, last, event = discarded + len(taken), max(taken), {}
    return GroupDiscarded(discarded, count - discarded)


@repeats_conflicts
def _discard_slice(
    asked: DeadLetterQuerySet,
    after: UUID,
    by: _By,
    fingerprint: str,
    reason: str,
    event: dict[str, Any],
) -> Collection[UUID]:
    """The next dead letters after that one, which are discarded then.

    `event`: what is told of the decision, in the transaction of its first slice.
    """
    with short_transaction():
        rows = asked.filter(id__gt=after).order_by("id").select_for_update(skip_locked=True)
        taken = dict(rows.values_list("id", "job_id")[:SLICE])
        if not taken:
            return ()
        DeadLetter.objects.filter(id__in=taken).resolve(
            Resolution.DISCARDED, by_id=by.user_id, by_name=by.actor.name
        )
        jobs_wake_after_commit(_shared_keys(taken.values()))
        if event:
            event_record(
                action="dead_letter_group.discarded",
                subject_type=SUBJECT,
                subject_id=fingerprint,
                actor=by.actor,
                reason=reason,
                after=event,
            )
    return taken.keys()


def _shared_keys(job_ids: Collection[UUID]) -> list[str]:
    """Effect keys that other jobs may wait for."""
    jobs = Job.objects.filter(id__in=job_ids).order_by()
    shared = jobs.exclude(effect_key=Cast(F("id"), TextField()))
    return list(shared.values_list("effect_key", flat=True))
