"""Who owns an effect key (L2). L1 marks are hints; the unique index on ProcessedKey decides.

A job comes here when it could not simply be claimed: it is not due yet, another job owns its
key, or somebody else holds its row.
"""

import enum
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Coalesce, Extract, Now

from jobs.messages import QueueMessage
from jobs.models import DeadLetter, Job, ProcessedKey
from jobs.querysets import seconds_ago
from jobs.services.doorbell import ring_after_commit
from jobs.services.short_transaction import short_transaction
from jobs.states import FINAL_STATES, DeathReason, JobState

logger = logging.getLogger(__name__)

# How soon a job looks again whether the owner of its key has ended: soon at first, and the longer
# it has taken the longer it will take. A person takes longer still.
DEFER_SHARE = 0.1
DEFER_SECONDS = 1.0
DEFER_CAP_SECONDS = 15.0
DEFER_FOR_A_PERSON_SECONDS = 15.0
DEFER_FOR_A_PERSON_CAP_SECONDS = 300.0


class Standing(enum.Enum):
    """How a queued job stands to its effect key."""

    FREE = "nobody else owns it: to be claimed"
    NOT_DUE = "its time has not come"
    DONE = "another job has done the effect: skipped"
    IN_FLIGHT = "the owner may still do it: deferred"
    UNKNOWN = "a person has to say whether the owner did it: deferred"
    ABANDONED = "the owner is dead or cancelled: taken over"


@dataclass(frozen=True, slots=True)
class Owner:
    """What a job that owns a key is at, and for how long it has been."""

    state: str | None
    seconds_to_due: float
    seconds_in_state: float
    awaits_a_person: bool


NO_OWNER = Owner(None, 0.0, 0.0, False)


@dataclass(frozen=True, slots=True)
class Contest:
    """A queued job and the owner of its key, if there is one."""

    message: QueueMessage
    seconds_to_due: float
    owner_id: UUID | None
    processed: bool
    owner_state: str | None
    owner_seconds_to_due: float
    owner_seconds_in_state: float
    owner_awaits_a_person: bool


def standing(contest: Contest) -> Standing:
    """How the job stands: pure."""
    if contest.seconds_to_due > 0:
        return Standing.NOT_DUE
    if contest.owner_id is None:
        return Standing.FREE
    if contest.processed:
        return Standing.DONE
    if contest.owner_id == contest.message.job_id:
        return Standing.FREE
    if contest.owner_state in (JobState.QUEUED, JobState.RUNNING):
        return Standing.IN_FLIGHT
    if contest.owner_awaits_a_person:
        return Standing.UNKNOWN
    return Standing.ABANDONED


def deferral_seconds(contest: Contest) -> float:
    """How long a job waits until it looks at the owner of its key again: pure."""
    seconds = contest.owner_seconds_in_state * DEFER_SHARE
    if contest.owner_awaits_a_person:
        return min(max(DEFER_FOR_A_PERSON_SECONDS, seconds), DEFER_FOR_A_PERSON_CAP_SECONDS)
    return max(DEFER_SECONDS, min(seconds, DEFER_CAP_SECONDS), contest.owner_seconds_to_due)


def jobs_settle_contested(*, job_ids: Sequence[UUID], worker_id: UUID | None = None) -> int:
    """Skips, defers, or rings again each of these jobs that is still queued.

    `worker_id`: who found it out. Returns how many were skipped.
    """
    if not job_ids:
        return 0
    with short_transaction():
        contests = _contests(job_ids)
        for contest in contests:
            _settle(contest, worker_id)
    return sum(standing(contest) is Standing.DONE for contest in contests)


def _settle(contest: Contest, worker_id: UUID | None) -> None:
    match standing(contest):
        case Standing.FREE:
            _ring(contest, 0.0)
        case Standing.NOT_DUE:
            _ring(contest, contest.seconds_to_due)
        case Standing.DONE:
            _skip(contest, worker_id)
        case Standing.IN_FLIGHT | Standing.UNKNOWN:
            _defer(contest, deferral_seconds(contest))
        case Standing.ABANDONED:
            _take_over(contest)


def _ring(contest: Contest, seconds: float) -> None:
    ring_after_commit([(contest.message, seconds)], clear_marks=seconds <= 0)


def _skip(contest: Contest, worker_id: UUID | None) -> None:
    Job.objects.queued().filter(id=contest.message.job_id).update(
        state=JobState.SKIPPED,
        owner_id=contest.owner_id,
        worker_id=worker_id,
        finished_at=Now(),
    )
    logger.info(
        "Job %s skipped: job %s has already done %s",
        contest.message.job_id,
        contest.owner_id,
        contest.message.effect_key,
    )


def _defer(contest: Contest, seconds: float) -> None:
    later = seconds_ago(-seconds)
    Job.objects.queued().filter(id=contest.message.job_id).update(run_at=later, rung_at=later)
    _ring(contest, seconds)


def _take_over(contest: Contest) -> None:
    assert contest.owner_id is not None
    if _is_still_abandoned(contest.owner_id) and ProcessedKey.objects.take_over(
        contest.message.effect_key, contest.owner_id, contest.message.job_id
    ):
        _ring(contest, 0.0)
    else:
        _defer(contest, DEFER_SECONDS)  # a replay, or another job, was quicker


def _is_still_abandoned(owner_id: UUID) -> bool:
    """Looks once more, with the owner's row locked: a replay must wait, or is seen.

    SKIP LOCKED, because two batches that lock each other's owners must not wait for one another.
    """
    owner = Job.objects.filter(id=owner_id)
    locked = owner.select_for_update(skip_locked=True).values_list("state", flat=True).first()
    if locked is None:
        return not owner.exists()  # pruned; else somebody is at it
    awaits_a_person = DeadLetter.objects.waiting().filter(
        job_id=owner_id, reason=DeathReason.INTERRUPTED
    )
    return locked in FINAL_STATES and not awaits_a_person.exists()


def _contests(job_ids: Sequence[UUID]) -> list[Contest]:
    """The queued ones among these jobs, locked, each with the owner of its key.

    SKIP LOCKED: a row that somebody holds for long must not hold up a worker. The reconciler
    rings for it again.
    """
    jobs = list(
        Job.objects.queued()
        .filter(id__in=job_ids)
        .select_for_update(skip_locked=True)
        .order_by("id")
        .values_list("id", "effect_key", "queue", "priority", Extract(F("run_at") - Now(), "epoch"))
    )
    keys = ProcessedKey.objects.in_bulk([row[1] for row in jobs])
    owners = _owners([key.job_id for key in keys.values()])
    contests = []
    for job_id, effect_key, queue, priority, seconds_to_due in jobs:
        key = keys.get(effect_key)
        owner = owners.get(key.job_id if key else None, NO_OWNER)
        contests.append(
            Contest(
                message=QueueMessage(job_id, effect_key, queue, priority),
                seconds_to_due=float(seconds_to_due),
                owner_id=key.job_id if key else None,
                processed=bool(key and key.processed_at),
                owner_state=owner.state,
                owner_seconds_to_due=owner.seconds_to_due,
                owner_seconds_in_state=owner.seconds_in_state,
                owner_awaits_a_person=owner.awaits_a_person,
            )
        )
    return contests


def _owners(job_ids: list[UUID]) -> dict[UUID | None, Owner]:
    unknown_outcome = DeadLetter.objects.waiting().filter(
        job_id=OuterRef("id"), reason=DeathReason.INTERRUPTED
    )
    # It died, was claimed, or became due: the last of these says what it has been at since.
    since = Coalesce("finished_at", "claimed_at", "run_at")
    rows = Job.objects.filter(id__in=job_ids).values_list(
        "id",
        "state",
        Extract(F("run_at") - Now(), "epoch"),
        Extract(Now() - since, "epoch"),
        Exists(unknown_outcome),
    )
    return {
        job_id: Owner(state, float(due), float(in_state), awaits)
        for job_id, state, due, in_state, awaits in rows
    }
