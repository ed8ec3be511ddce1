"""How many people a client may have mailed in a day is limited: the service is no open relay.

Jobs that send no mail, and those of Django code, pay nothing for it. The others are counted in the
transaction that inserts them; what is refused, or was there before, does not count.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobs.core.conf import jobs_conf
from jobs.core.errors import PayloadInvalid, RecipientsLimitReached
from jobs.core.new_job import NewJob
from jobs.handlers.registry import JobType
from jobs.models import MailAllowance
from jobs.services.enqueue.enqueued import Enqueued
from jobs.services.enqueue.insert import is_duplicate
from jobs.services.project_code import recipients_of
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts

EnqueuedOrRefused = Enqueued | RecipientsLimitReached
Insert = Callable[[list[NewJob]], list[Enqueued]]


def insert_within_allowance(new_jobs: Sequence[NewJob], insert: Insert) -> list[EnqueuedOrRefused]:
    """Calls `insert` for the jobs whose recipients the clients may still have mailed.

    Returns an answer for each job, in their order.
    """
    clients = {new.submitted_by_id for new in new_jobs if _is_counted(new)}
    if not clients:
        return list(insert(list(new_jobs)))
    return _insert_counted(new_jobs, clients, insert)


@repeats_conflicts
def _insert_counted(
    new_jobs: Sequence[NewJob], clients: set[Any], insert: Insert
) -> list[EnqueuedOrRefused]:
    # An allowance that another transaction holds for longer must not hold up the jobs of others.
    with short_transaction():
        allowances = MailAllowance.objects.locked(clients)
        errors = [
            _take(allowances[new.submitted_by_id], new) if _is_counted(new) else None
            for new in new_jobs
        ]
        accepted = [new for new, error in zip(new_jobs, errors, strict=True) if error is None]
        enqueued = insert(accepted) if accepted else []
        for new, one in zip(accepted, enqueued, strict=True):
            if one.duplicate and _is_counted(new):
                allowances[new.submitted_by_id].used -= new.recipients
        for allowance in allowances.values():
            allowance.save(update_fields=["used", "counted_at"])
    rest = iter(enqueued)
    return [next(rest) if error is None else error for error in errors]


def take_allowance(new_jobs: Sequence[NewJob]) -> RecipientsLimitReached | None:
    """Counts the recipients of jobs of one client, which the present transaction will insert.

    Returns why they are refused; then nothing is counted.
    """
    counted = [new for new in new_jobs if _is_counted(new)]
    if not counted:
        return None
    [allowance] = MailAllowance.objects.locked({counted[0].submitted_by_id}).values()
    for new in counted:
        if error := _take(allowance, new):
            return error
    allowance.save(update_fields=["used", "counted_at"])
    return None


def take_more_allowance(
    *,
    job_type: JobType,
    client_id: Any,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Counts the recipients that a job of the client gets by another payload.

    To be called in the transaction that writes it. Raises RecipientsLimitReached, PayloadInvalid.
    """
    if job_type.recipients is None or client_id is None:
        return
    more = recipients_of(job_type, dict(after)) - _counted(job_type, dict(before))
    if more <= 0:
        return
    [allowance] = MailAllowance.objects.locked({client_id}).values()
    if wait_seconds := allowance.seconds_until(more):
        raise RecipientsLimitReached(jobs_conf().email_recipients_per_day, wait_seconds)
    allowance.used += more
    allowance.save(update_fields=["used", "counted_at"])


def _counted(job_type: JobType, before: dict[str, Any]) -> int:
    """The recipients that a payload was accepted with. The code that counts them may be another
    one since, and refuse it: then all of the new payload count."""
    try:
        return recipients_of(job_type, before)
    except PayloadInvalid:
        return 0


def _is_counted(new: NewJob) -> bool:
    return new.recipients > 0 and new.submitted_by_id is not None


def _take(allowance: MailAllowance, new: NewJob) -> RecipientsLimitReached | None:
    wait_seconds = allowance.seconds_until(new.recipients)
    # A call that is repeated gets its job, whatever the client has had mailed since.
    if wait_seconds and not is_duplicate(new):
        return RecipientsLimitReached(jobs_conf().email_recipients_per_day, wait_seconds)
    allowance.used += new.recipients
    return None
