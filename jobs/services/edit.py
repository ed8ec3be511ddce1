"""A job that has not started is edited: its moment, priority, queue, payload, and callback."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, Value
from django.db.models.functions import Greatest, Now

from jobs.core.actor import CODE, Actor
from jobs.core.conf import jobs_conf
from jobs.core.errors import JobHasStarted
from jobs.core.message import QueueMessage
from jobs.core.states import JobState
from jobs.handlers.registry import job_types
from jobs.models import Job, KeyWait
from jobs.models.moments import seconds_ago, seconds_between
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.enqueue.callback_url import check_callback_url
from jobs.services.enqueue.mail_allowance import take_more_allowance
from jobs.services.enqueue.payload import clean_payload, payload_json
from jobs.services.enqueue.resolve import effect_key_of, known_queue
from jobs.services.events import event_record
from jobs.services.limits.holding import job_hold_again
from jobs.services.masking import masked_payload, unmasked_payload
from jobs.services.processed_keys import effect_keys_let_go
from jobs.services.short_transaction import short_transaction
from jobs.services.submission_right import check_may_submit
from jobs.sql.contention import repeats_conflicts


class JobChanges(NamedTuple):
    """What is to be another; None leaves it as it is. `run_at` or `delay_seconds`, not both.

    An empty `callback_url` means that no URL is called.
    """

    run_at: datetime | None = None
    delay_seconds: float | None = None
    priority: int | None = None
    queue: str | None = None
    payload: Mapping[str, Any] | None = None
    callback_url: str | None = None

    def __repr__(self) -> str:
        """Without the payload: who reports errors keeps what local variables are."""
        changed = [name for name, value in self._asdict().items() if value is not None]
        return f"<JobChanges of {', '.join(changed)}>"


@repeats_conflicts
def job_edit(
    *,
    job_id: UUID,
    changes: JobChanges,
    actor: Actor = CODE,
    reason: str = "",
    check: Callable[[Job], None] | None = None,
) -> Job:
    """Changes a queued job of which no attempt has begun, and dispatches it anew. Returns it.

    A new payload is checked by the serializer of the type; a sensitive field that comes masked, as
    it was shown, keeps its value. Where the type derives the effect key from it, the job gets that
    key and lets go of the one that it had. `actor`: who asked, and `reason`: why; the event has
    both, and what was before and after, without sensitive values.
    `check` gets the locked row before anything is changed, and refuses the edit by raising.

    Raises JobHasStarted, UnknownQueue, UnknownJobType, PayloadInvalid, PayloadTooLarge,
    CallbackUrlRefused, SubmissionNotAllowed, RecipientsLimitReached, Job.DoesNotExist.
    """
    with short_transaction():
        job = Job.objects.select_for_update().get(id=job_id)
        if check is not None:
            check(job)
        if job.state != JobState.QUEUED or job.errors:
            now = "has begun before" if job.state == JobState.QUEUED else f"is {job.state}"
            raise JobHasStarted(f"only a job that has not started can be edited; this one {now}")
        before, former_key = _shown(job), job.effect_key
        _write(job, changes)
        after = _shown(job)
        changed = [name for name in after if after[name] != before[name]]
        if job.effect_key != former_key:
            effect_keys_let_go({job.id: former_key})
        if not job_hold_again(job):
            _dispatch(job)
        event_record(
            action="job.edited",
            subject_type="job",
            subject_id=job_id,
            actor=actor,
            reason=reason,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    return job


def _write(job: Job, changes: JobChanges) -> None:
    values: dict[str, Any] = {"dispatched_at": Greatest(F("run_at"), Now())}
    if changes.priority is not None:
        values["priority"] = changes.priority
    if changes.queue is not None:
        values["queue"] = known_queue(changes.queue, jobs_conf())
        check_may_submit(job_type=job.type, queue=changes.queue)
    if changes.payload is not None:
        values |= _payload_values(job, changes.payload)
    if changes.callback_url is not None:
        check_callback_url(changes.callback_url or None)
        values["callback_url"] = changes.callback_url or None
    run_at: Any = None
    if changes.run_at is not None:
        run_at = Value(changes.run_at)
    elif changes.delay_seconds is not None:
        run_at = seconds_ago(-changes.delay_seconds)
    if run_at is None and values.get("effect_key", job.effect_key) != job.effect_key:
        run_at = _now_if_deferred(job)
    if run_at is not None:
        values |= {"run_at": run_at, "dispatched_at": Greatest(run_at, Now())}
    Job.objects.filter(id=job.id).update(**values)
    job.refresh_from_db()


def _now_if_deferred(job: Job) -> Any:
    """A job that waits for a key which is no longer its own need not wait; None for all others."""
    waits = KeyWait.objects.filter(job_id=job.id, until=job.run_at)
    return Now() if waits.delete()[0] else None


def _payload_values(job: Job, payload: Mapping[str, Any]) -> dict[str, Any]:
    job_type = job_types.get(job.type)
    check_may_submit(job_type=job.type, queue=job.queue)
    clean = clean_payload(job_type, unmasked_payload(job.type, payload, job.payload))
    payload_json(clean, jobs_conf())  # raises if it is too large
    take_more_allowance(
        job_type=job_type, client_id=job.submitted_by_id, before=job.payload, after=clean
    )
    values: dict[str, Any] = {"payload": clean}
    if job_type.key is not None:
        values["effect_key"] = effect_key_of(job_type, clean)
    return values


def _dispatch(job: Job) -> None:
    """An entry of what it was before may stay in Redis: the worker that meets it gives it back."""
    seconds = seconds_between(Now(), F("run_at"))
    to_due: float = Job.objects.filter(id=job.id).values_list(seconds, flat=True).get()
    message = QueueMessage(job.id, job.effect_key, job.queue, job.priority)
    dispatch_after_commit([(message, to_due)], is_repeated=True)


def _shown(job: Job) -> dict[str, Any]:
    """What an edit may change, as its event shows it."""
    return {
        "run_at": job.run_at.isoformat(),
        "priority": job.priority,
        "queue": job.queue,
        "payload": masked_payload(job.type, job.payload),
        "callback_url": job.callback_url,
    }
