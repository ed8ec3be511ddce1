"""A request becomes a job to insert: its type is found, its payload checked, defaults filled in."""

from hashlib import sha256
from typing import Any

from jobs.core.conf import PRIORITY_DEFAULT, JobsConf
from jobs.core.errors import JobsError, UnknownQueue
from jobs.core.new_job import NewJob
from jobs.handlers.registry import JobType, job_types
from jobs.services.enqueue.payload import clean_payload, payload_json
from jobs.services.enqueue.request import JobRequest

# In characters. A longer key is hashed, so that it and the type's name fit `Job.effect_key`.
LONGEST_KEY = 255


def new_job_or_error(
    request: JobRequest, submitted_by_id: int | None, conf: JobsConf
) -> NewJob | JobsError:
    """The job to insert, or why the request is refused."""
    try:
        return new_job(request, submitted_by_id, conf)
    except JobsError as error:
        return error


def new_job(request: JobRequest, submitted_by_id: int | None, conf: JobsConf) -> NewJob:
    """The job to insert; raises UnknownJobType, PayloadInvalid, PayloadTooLarge, UnknownQueue."""
    job_type = job_types.get(request.type)
    clean = clean_payload(job_type, request.payload)
    return NewJob(
        type=job_type.name,
        queue=_known_queue(request.queue or job_type.queue, conf),
        priority=PRIORITY_DEFAULT if request.priority is None else request.priority,
        payload_json=payload_json(clean, conf),
        idempotency_key=request.idempotency_key,
        effect_key=_effect_key(job_type, clean, request.idempotency_key),
        submitted_by_id=submitted_by_id,
        max_retries=_max_retries(job_type, request.max_retries, conf),
        run_at=request.run_at,
        delay_seconds=request.delay_seconds or 0.0,
    )


def _known_queue(queue: str, conf: JobsConf) -> str:
    if queue not in conf.queues:
        raise UnknownQueue(queue, conf.queues)
    return queue


def _max_retries(job_type: JobType, asked: int | None, conf: JobsConf) -> int:
    if asked is not None:
        return asked
    return conf.max_retries if job_type.max_retries is None else job_type.max_retries


def _effect_key(
    job_type: JobType, payload: dict[str, Any], idempotency_key: str | None
) -> str | None:
    """The effect key, `<type>:<key>`; None stands for the job's own id.

    A key that the type derives from the payload comes before the client's `idempotency_key`,
    because it names the effect itself.
    """
    key = job_type.key(payload) if job_type.key is not None else idempotency_key
    if key is None:
        return None
    if len(key) > LONGEST_KEY:
        key = f"sha256-{sha256(key.encode()).hexdigest()}"
    return f"{job_type.name}:{key}"
