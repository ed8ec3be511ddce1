"""A request becomes a job to insert: its type is found, its payload checked, defaults filled in."""

from typing import Any, NamedTuple

from jobs.core.conf import PRIORITY_DEFAULT, JobsConf
from jobs.core.correlation import current_traceparent
from jobs.core.effect_key import (
    client_effect_key,
    derived_effect_key,
    former_client_effect_key,
)
from jobs.core.errors import JobsError, UnknownQueue
from jobs.core.limit import FAIRNESS_KEY_MAX
from jobs.core.new_job import NewJob
from jobs.core.request_id import current_request_id
from jobs.core.storable import storable
from jobs.handlers.registry import JobType, job_types
from jobs.services.enqueue.callback_url import check_callback_url
from jobs.services.enqueue.payload import clean_payload, payload_json
from jobs.services.enqueue.request import JobRequest
from jobs.services.enqueue.request_check import FIRST_OPTION, NO_OPTIONS, check_request
from jobs.services.limits.book import limit_book
from jobs.services.limits.names import limits_of
from jobs.services.project_code import derived, derived_text, recipients_of
from jobs.services.submission_right import check_may_submit


def new_job_or_error(
    request: JobRequest, submitted_by_id: int | None, conf: JobsConf
) -> NewJob | JobsError:
    """The job to insert, or why the request is refused."""
    try:
        return new_job(request, submitted_by_id, conf)
    except JobsError as error:
        return error


def new_job(request: JobRequest, submitted_by_id: int | None, conf: JobsConf) -> NewJob:
    """The job to insert; raises UnknownJobType, PayloadInvalid, PayloadTooLarge, UnknownQueue.

    And RequestInvalid, CallbackUrlRefused, SubmissionNotAllowed.
    """
    job_type = job_types.get(request.type)
    if is_more := request[FIRST_OPTION:] != NO_OPTIONS:
        check_request(request)
    clean = clean_payload(job_type, request.payload)
    queue = known_queue(request.queue or job_type.queue, conf)
    check_may_submit(job_type=job_type.name, queue=queue)
    if is_more:
        check_callback_url(request.callback_url)
    derived = derived_of(job_type, clean, queue, request, submitted_by_id)
    new = NewJob(
        job_type.name,
        queue,
        PRIORITY_DEFAULT if request.priority is None else request.priority,
        payload_json(clean, conf),
        request.idempotency_key,
        derived.effect_key,
        submitted_by_id,
        max_retries_of(job_type, request.max_retries, conf),
        request_id=current_request_id.get() or None,
        traceparent=current_traceparent.get() or None,
    )
    # Named and given to every job, what few have would cost 0.4 of the 20 µs of each of many.
    if is_more:
        new = new._replace(
            run_at=request.run_at,
            delay_seconds=request.delay_seconds or 0.0,
            expires_at=request.expires_at,
            expires_in_seconds=request.expires_in_seconds,
            callback_url=request.callback_url,
        )
    if derived is not _NOTHING:
        new = new._replace(
            former_effect_key=derived.former_effect_key,
            recipients=derived.recipients,
            limits=derived.limits,
            fair_limit=derived.fair_limit,
            fairness_key=derived.fairness_key,
        )
    return new


class Derived(NamedTuple):
    """What the type derives from the payload of a request."""

    effect_key: str | None
    former_effect_key: str | None
    limits: tuple[str, ...]
    fair_limit: str | None
    fairness_key: str | None
    recipients: int


_NOTHING = Derived(None, None, (), None, None, 0)


def derived_of(
    job_type: JobType,
    payload: dict[str, Any],
    queue: str,
    request: JobRequest,
    submitted_by_id: int | None,
) -> Derived:
    """Raises PayloadInvalid where a function of the type does not take the payload.

    It is a client's: what such a function raises must not spoil the other jobs of a call.
    """
    if job_type.derives_nothing and request.idempotency_key is None and not limit_book.any_limit:
        return _NOTHING
    effect_key, former_key = _effect_keys(
        job_type, payload, request.idempotency_key, submitted_by_id
    )
    limits = tuple(limits_of(job_type, queue, payload))
    fair_limit = limits[0] if limits and limit_book.is_fair(limits[0]) else None
    fairness_key = fair_limit and _fairness_key(job_type, payload, request, submitted_by_id)
    recipients = recipients_of(job_type, payload)
    return Derived(effect_key, former_key, limits, fair_limit, fairness_key, recipients)


def _fairness_key(
    job_type: JobType, payload: dict[str, Any], request: JobRequest, submitted_by_id: Any
) -> str:
    """Whose turn a job of a fair queue is: as asked for, as the type derives, or the client's."""
    if request.fairness_key is not None:
        return request.fairness_key
    if job_type.fairness_key is not None:
        key = str(derived_text(job_type, job_type.fairness_key, payload))
        return storable(key[:FAIRNESS_KEY_MAX])[:FAIRNESS_KEY_MAX]
    return f"client:{'' if submitted_by_id is None else submitted_by_id}"


def known_queue(queue: str, conf: JobsConf) -> str:
    """The queue itself; raises UnknownQueue if it is not one of JOBS_QUEUES."""
    if queue not in conf.queues:
        raise UnknownQueue(queue, conf.queues)
    return queue


def max_retries_of(job_type: JobType, asked: int | None, conf: JobsConf) -> int:
    if asked is not None:
        return asked
    return conf.max_retries if job_type.max_retries is None else job_type.max_retries


def effect_key_of(job_type: JobType, payload: dict[str, Any]) -> str:
    """The effect key that a type with a key function derives from a clean payload.

    Raises PayloadInvalid.
    """
    key = job_type.key
    assert key is not None
    return derived(job_type, lambda given: derived_effect_key(job_type.name, key(given)), payload)


def _effect_keys(
    job_type: JobType,
    payload: dict[str, Any],
    idempotency_key: str | None,
    submitted_by_id: int | None,
) -> tuple[str | None, str | None]:
    """The effect key, None for the job's own id, and the form that a client's key had before.

    A key that the type derives from the payload comes before the client's `idempotency_key`,
    because it names the effect itself.
    """
    if job_type.key is not None:
        return effect_key_of(job_type, payload), None
    if idempotency_key is None:
        return None, None
    return (
        client_effect_key(job_type.name, idempotency_key, submitted_by_id),
        former_client_effect_key(job_type.name, idempotency_key),
    )
