"""Jobs whose effect key another job owns: each is skipped, deferred, or takes the key over.

The unique index on ProcessedKey decides who owns a key; cache marks in Redis are hints.
A job comes here when it was fetched and could not be claimed: its `run_at` lies ahead, another
job owns its key, or another transaction holds its row.
"""

import logging
from collections.abc import Collection, Sequence
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce, Now

from jobs.core.key_rule import (
    DEFER_SECONDS,
    KeyConflict,
    KeyDecision,
    KeyOwner,
    decide_key,
    deferral_seconds,
)
from jobs.core.limit import UNTIL_DUE
from jobs.core.log_fields import LoggedJob
from jobs.core.message import QueueMessage, can_be_shared
from jobs.core.states import FINAL_STATES, DeathReason, JobState
from jobs.models import DeadLetter, Job, ProcessedKey
from jobs.models.moments import seconds_ago, seconds_between
from jobs.services.announce import jobs_announce_after_commit
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.expiry import jobs_expire
from jobs.services.followups import jobs_follow_up
from jobs.services.key_waits import jobs_wake_after_commit, key_waits_note
from jobs.services.limits.admission import slots_release
from jobs.services.roll_ups import ends_count
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts

logger = logging.getLogger(__name__)

DEFERRED = (KeyDecision.DEFER, KeyDecision.DEFER_FOR_A_PERSON)


@repeats_conflicts
def jobs_resolve_key_conflicts(*, job_ids: Sequence[UUID], worker_id: UUID | None = None) -> int:
    """Expires, skips, defers, or dispatches again each of these jobs that is still queued.

    `worker_id`: the worker that fetched them. Returns how many were skipped.
    """
    if not job_ids:
        return 0
    with short_transaction():
        jobs_expire(job_ids=job_ids, limit=len(job_ids))
        conflicts = _key_conflicts(job_ids)
        decisions = [_resolve(conflict, worker_id) for conflict in conflicts]
        _note_waits(conflicts, decisions)
        jobs_follow_up(
            [
                conflict.message.job_id
                for conflict, decision in zip(conflicts, decisions, strict=True)
                if decision is KeyDecision.SKIP
            ]
        )
    return decisions.count(KeyDecision.SKIP)


def _note_waits(conflicts: Sequence[KeyConflict], decisions: Sequence[KeyDecision]) -> None:
    """The end of a key's owner wakes what was deferred, and what is skipped wakes the next."""
    messages: dict[KeyDecision, list[QueueMessage]] = {}
    for conflict, decision in zip(conflicts, decisions, strict=True):
        messages.setdefault(decision, []).append(conflict.message)
    deferred = [one for decision in DEFERRED for one in messages.get(decision, [])]
    if deferred:
        key_waits_note(job_ids=[one.job_id for one in deferred])
    jobs_wake_after_commit(one.effect_key for one in messages.get(KeyDecision.SKIP, []))


def _resolve(conflict: KeyConflict, worker_id: UUID | None) -> KeyDecision:
    decision = decide_key(conflict)
    match decision:
        case KeyDecision.CLAIM:
            _dispatch(conflict, 0.0)
        case KeyDecision.WAIT:
            _dispatch(conflict, conflict.seconds_to_due)
        case KeyDecision.SKIP:
            _skip(conflict, _owner_of(conflict), worker_id)
        case KeyDecision.DEFER | KeyDecision.DEFER_FOR_A_PERSON:
            _defer(conflict, deferral_seconds(_owner_of(conflict)))
        case KeyDecision.TAKE_OVER:
            return _take_over(conflict, _owner_of(conflict))
    return decision


def _owner_of(conflict: KeyConflict) -> KeyOwner:
    assert conflict.owner is not None  # `decide_key` says so
    return conflict.owner


def _dispatch(conflict: KeyConflict, seconds: float) -> None:
    dispatch_after_commit([(conflict.message, seconds)], is_repeated=seconds <= 0)


def _skip(conflict: KeyConflict, owner: KeyOwner, worker_id: UUID | None) -> None:
    message = conflict.message
    Job.objects.queued().filter(id=message.job_id).update(
        state=JobState.SKIPPED,
        done_by_id=owner.job_id,
        worker_id=worker_id,
        finished_at=Now(),
        held_by=None,
    )
    ends_count([message.job_id])
    slots_release([message.job_id])
    jobs_announce_after_commit(final=[message.job_id])
    # A conflict may undo this transaction, and repeat it.
    transaction.on_commit(partial(_log_skipped, conflict, owner))


def _log_skipped(conflict: KeyConflict, owner: KeyOwner) -> None:
    assert conflict.logged is not None  # it is one of `_key_conflicts`
    logger.info(
        "Job %s skipped: job %s has already done %s",
        conflict.logged.id,
        owner.job_id,
        conflict.message.effect_key,
        extra=conflict.logged.fields("job.skipped", done_by=str(owner.job_id)),
    )


def _defer(conflict: KeyConflict, seconds: float) -> None:
    later = seconds_ago(-seconds)
    jobs = Job.objects.queued().filter(id=conflict.message.job_id)
    jobs.update(run_at=later, dispatched_at=later)
    if jobs.filter(limits__isnull=False).update(held_by=UNTIL_DUE):
        slots_release([conflict.message.job_id])
    else:
        _dispatch(conflict, seconds)


def _take_over(conflict: KeyConflict, owner: KeyOwner) -> KeyDecision:
    message = conflict.message
    if _still_will_not_do_it(owner.job_id) and ProcessedKey.objects.take_over(
        message.effect_key, owner.job_id, message.job_id
    ):
        _dispatch(conflict, 0.0)
        return KeyDecision.TAKE_OVER
    _defer(conflict, DEFER_SECONDS)  # a replay, or another job, was quicker
    return KeyDecision.DEFER


def _still_will_not_do_it(owner_id: UUID) -> bool:
    """Reads the owner again, with its row locked: a replay of it must wait, or is seen here.

    SKIP LOCKED, because two batches that lock each other's owners must not wait for one another.
    """
    owner = Job.objects.filter(id=owner_id)
    state = owner.select_for_update(skip_locked=True).values_list("state", flat=True).first()
    if state is None:
        return not owner.exists()  # pruned; a row that exists is locked by another transaction
    return state in FINAL_STATES and not _outcome_unknown().filter(job_id=owner_id).exists()


def _key_conflicts(job_ids: Sequence[UUID]) -> list[KeyConflict]:
    """The jobs among these that are still queued and admitted, locked, each with its key's owner.

    SKIP LOCKED: a row that another transaction holds for long must not hold up a worker. Such a
    job is dispatched again by `jobs_redispatch_lost`.
    """
    jobs = list(
        Job.objects.queued()
        .filter(id__in=job_ids, held_by__isnull=True)
        .select_for_update(skip_locked=True)
        .order_by("id")
        .values_list(
            *("id", "effect_key", "queue", "priority", seconds_between(Now(), F("run_at"))),
            *("type", "attempt", "request_id", "traceparent"),
        )
    )
    keys = ProcessedKey.objects.in_bulk([key for _, key, *_ in jobs if can_be_shared(key)])
    owners = _owners({key.job_id for key in keys.values()})
    conflicts = []
    for job_id, effect_key, queue, priority, seconds_to_due, job_type, *more in jobs:
        key = keys.get(effect_key)
        conflicts.append(
            KeyConflict(
                QueueMessage(job_id, effect_key, queue, priority),
                seconds_to_due,
                LoggedJob(job_id, job_type, queue, *more),
                owner=owners.get(key.job_id, KeyOwner(key.job_id)) if key else None,
                processed=key is not None and key.processed_at is not None,
            )
        )
    return conflicts


def _owners(job_ids: Collection[UUID]) -> dict[UUID, KeyOwner]:
    """Those of these jobs that still have a row."""
    in_state_since = Coalesce("finished_at", "claimed_at", "run_at")
    rows = Job.objects.filter(id__in=job_ids).values_list(
        "id",
        "state",
        seconds_between(Now(), F("run_at")),
        seconds_between(in_state_since, Now()),
        Exists(_outcome_unknown().filter(job_id=OuterRef("id"))),
    )
    return {
        job_id: KeyOwner(job_id, state, to_due, in_state, awaits_a_person)
        for job_id, state, to_due, in_state, awaits_a_person in rows
    }


def _outcome_unknown() -> QuerySet[DeadLetter]:
    return DeadLetter.objects.waiting().filter(reason=DeathReason.INTERRUPTED)
