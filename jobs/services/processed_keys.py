"""An effect key is taken away from the job that holds it: by a person, or by another payload."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from jobs.core.actor import CODE, Actor
from jobs.core.decision_errors import KeyNotReleasable
from jobs.core.message import can_be_shared
from jobs.core.states import FINAL_STATES, DeathReason
from jobs.models import DeadLetter, Job, ProcessedKey
from jobs.services.dispatch import use_broker_after_commit
from jobs.services.events import event_record
from jobs.services.key_waits import jobs_wake_after_commit
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Who holds a processed key. `obstacle`: why it cannot be released, or None.

    `is_done`: the effect has happened, and may happen again once the key is released.
    """

    job: Job | None
    is_done: bool
    obstacle: str | None


def key_holder(key: ProcessedKey) -> KeyHolder:
    """The holder of the key, as it is now."""
    job = Job.objects.filter(id=key.job_id).defer("payload", "given", "next_jobs").first()
    return KeyHolder(job, key.processed_at is not None, _obstacle(job))


@repeats_conflicts
def processed_key_release(*, key: str, actor: Actor = CODE, reason: str) -> ProcessedKey:
    """Deletes a processed key: the next job with this effect key runs. Returns what was deleted.

    If its effect is done, it may happen again, and that is what is asked for. The job that had the
    key becomes its own key, and gives up its idempotency key, so that its client may send the same
    again. Never while that job may still run, nor while nobody knows whether it had done the
    effect: then two attempts could do it. `actor`: who asked, and `reason`: why, which must be
    said; the event has both.

    Raises KeyNotReleasable, ProcessedKey.DoesNotExist.
    """
    if not reason.strip():
        raise KeyNotReleasable("say why: a reason is needed to release a key")
    with short_transaction():
        row = _locked(key)
        job = Job.objects.select_for_update().filter(id=row.job_id).first()
        if obstacle := _obstacle(job):
            raise KeyNotReleasable(obstacle)
        row.delete()
        row.key = key  # Django takes it from what was deleted
        if job is not None and row.processed_at is not None:
            Job.objects.filter(id=job.id).update(effect_key=str(job.id), idempotency_key=None)
        event_record(
            action="processed_key.released",
            subject_type="processed_key",
            subject_id=key,
            actor=actor,
            reason=reason,
            before={
                "job": str(row.job_id),
                "processed_at": row.processed_at.isoformat() if row.processed_at else None,
                "idempotency_key": job.idempotency_key if job else None,
            },
        )
        use_broker_after_commit(lambda broker: broker.clear_cache_marks([key]))
        jobs_wake_after_commit([key])
    return row


def effect_keys_let_go(keys: Mapping[UUID, str]) -> None:
    """Other jobs may have these effect keys from now on. `keys`: by the job that had each.

    A job may have owned its key since a claim that was given back. In the present transaction.
    """
    shared = {job_id: key for job_id, key in keys.items() if can_be_shared(key)}
    if shared:
        owned = ProcessedKey.objects.filter(key__in=shared.values(), processed_at__isnull=True)
        owned.filter(job_id__in=shared).delete()
        jobs_wake_after_commit(shared.values())


def _locked(key: str) -> ProcessedKey:
    """The key, held until the transaction ends; its job is locked first, as a claim does it."""
    job_id = ProcessedKey.objects.values_list("job_id", flat=True).get(key=key)
    Job.objects.select_for_update().filter(id=job_id).first()
    return ProcessedKey.objects.select_for_update().get(key=key)


def _obstacle(job: Job | None) -> str | None:
    if job is None:
        return None  # pruned: it had ended
    if job.state not in FINAL_STATES:
        return (
            f"job {job.id}, which holds the key, is {job.state}: cancel it first, or let it end. "
            "Two jobs could do the effect at the same time"
        )
    waiting = DeadLetter.objects.waiting().filter(job_id=job.id)
    if waiting.filter(reason=DeathReason.INTERRUPTED).exists():
        return (
            f"nobody knows whether job {job.id}, which holds the key, has done the effect: decide "
            "about its dead letter. Discarded, it lets go of the key"
        )
    return None
