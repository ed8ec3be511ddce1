"""A schedule is run at once, because a person wants it."""

from uuid import UUID

from jobs.core.actor import CODE, Actor
from jobs.core.conf import jobs_conf
from jobs.core.errors import (
    PayloadInvalid,
    PayloadTooLarge,
    ScheduleBroken,
    UnknownJobType,
    UnknownQueue,
)
from jobs.core.secrets import NO_SECRETS, Secrets
from jobs.handlers.registry import job_types
from jobs.models import Job, Schedule
from jobs.services.enqueue.enqueue_counts import SCHEDULE
from jobs.services.enqueue.insert import insert_batch
from jobs.services.enqueue.mail_allowance import take_allowance
from jobs.services.enqueue.resolve import new_job
from jobs.services.events import event_record
from jobs.services.masking import refusal_in_words
from jobs.services.schedules.spec import job_request, spec_of
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts


@repeats_conflicts
def schedule_run(*, schedule_id: UUID, actor: Actor = CODE, reason: str = "") -> Job:
    """Makes a job of the schedule now, also while it is paused; its fire times stay as they are.

    Each call makes a job, and returns it. Raises ScheduleBroken, RecipientsLimitReached,
    Schedule.DoesNotExist.
    """
    with short_transaction():
        schedule = Schedule.objects.get(id=schedule_id)
        try:
            new = new_job(job_request(spec_of(schedule)), schedule.created_by_id, jobs_conf())
        except BROKEN as error:
            raise ScheduleBroken(broken_sentence(schedule, error)) from error
        if refusal := take_allowance([new]):
            raise refusal
        new = new._replace(callback_url=schedule.callback_url)
        [enqueued] = insert_batch([new], source=SCHEDULE)
        Job.objects.filter(id=enqueued.job_id).update(
            schedule_id=schedule.id, client_left_at=schedule.client_left_at
        )
        event_record(
            action="schedule.run",
            subject_type="schedule",
            subject_id=schedule.id,
            actor=actor,
            reason=reason,
            after={"job": str(enqueued.job_id)},
        )
        return Job.objects.get(id=enqueued.job_id)


BROKEN = (UnknownJobType, PayloadInvalid, PayloadTooLarge, UnknownQueue)
"""Why a schedule that was accepted makes no job any more: the code is another by now."""


def broken_sentence(schedule: Schedule, error: BaseException) -> str:
    """What is wrong with the schedule, and what to do, without the values of sensitive fields."""
    match error:
        case UnknownJobType():
            return (
                f"no installed app registers the type {error.job_type!r} any more: "
                "change the type, or delete the schedule"
            )
        case PayloadInvalid():
            said = refusal_in_words(schedule.type, error)
            return f"the payload does not fit its type any more: {said}"
        case UnknownQueue() | PayloadTooLarge():
            return f"{error}"
        case _:
            known = job_types.find(schedule.type)
            secrets = Secrets(schedule.payload, known.sensitive) if known else NO_SECRETS
            said = secrets.message(str(error))
            return f"{type(error).__name__}: {said}".strip().rstrip(":")
