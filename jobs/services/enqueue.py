"""A job is accepted: the row is inserted, and Redis is rung after the commit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from jobs.conf import PRIORITY_DEFAULT, JobsConf, jobs_conf
from jobs.errors import PayloadInvalid, PayloadTooLarge, UnknownQueue
from jobs.handlers.registry import JobType, job_types
from jobs.models import Job
from jobs.querysets import Inserted, NewJob
from jobs.services.doorbell import ring_after_commit

# A derived key that is longer is hashed, so that type and key fit `Job.effect_key`.
LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Enqueued:
    """The job that was accepted, or the one that had been accepted before for the same key."""

    job: Job
    duplicate: bool


def job_enqueue(
    *,
    type: str,
    payload: Mapping[str, Any],
    queue: str | None = None,
    priority: int | None = None,
    run_at: datetime | None = None,
    delay_seconds: float | None = None,
    max_retries: int | None = None,
    idempotency_key: str | None = None,
    submitted_by_id: int | None = None,
) -> Enqueued:
    """Accepts one job; inside a transaction it exists, and is rung, once that commits.

    The same client, type and `idempotency_key` again gives the job of the first call,
    however many calls run at once: the unique index decides.

    Raises UnknownJobType, PayloadInvalid, PayloadTooLarge, UnknownQueue.
    """
    new = _new_job(
        job_type=job_types.get(type),
        payload=payload,
        queue=queue,
        priority=priority,
        run_at=run_at,
        delay_seconds=delay_seconds,
        max_retries=max_retries,
        idempotency_key=idempotency_key,
        submitted_by_id=submitted_by_id,
        conf=jobs_conf(),
    )
    while True:
        [inserted] = Job.objects.insert([new])
        if inserted:
            ring_after_commit([(inserted.message, inserted.delay_seconds)])
            return Enqueued(_job(new, inserted), duplicate=False)
        if existing := _existing(new):
            return Enqueued(existing, duplicate=True)
        # The job that held the key was pruned between the two statements: insert again.


def _existing(new: NewJob) -> Job | None:
    return (
        Job.objects.filter(
            submitted_by_id=new.submitted_by_id,
            type=new.type,
            idempotency_key=new.idempotency_key,
        )
        .select_related("worker")
        .first()
    )


def _job(new: NewJob, inserted: Inserted) -> Job:
    """The row as it was inserted, without asking for it again."""
    job = Job(
        id=inserted.message.job_id,
        type=new.type,
        queue=new.queue,
        priority=new.priority,
        payload=json.loads(new.payload_json),
        idempotency_key=new.idempotency_key,
        effect_key=inserted.message.effect_key,
        submitted_by_id=new.submitted_by_id,
        max_retries=new.max_retries,
        created_at=inserted.created_at,
        run_at=inserted.run_at,
        rung_at=max(inserted.run_at, inserted.created_at),
    )
    job._state.adding = False
    return job


def _new_job(
    *,
    job_type: JobType,
    payload: Mapping[str, Any],
    queue: str | None,
    priority: int | None,
    run_at: datetime | None,
    delay_seconds: float | None,
    max_retries: int | None,
    idempotency_key: str | None,
    submitted_by_id: int | None,
    conf: JobsConf,
) -> NewJob:
    clean = _clean_payload(job_type, payload)
    return NewJob(
        type=job_type.name,
        queue=_known_queue(queue or job_type.queue, conf),
        priority=PRIORITY_DEFAULT if priority is None else priority,
        payload_json=_payload_json(clean, conf),
        idempotency_key=idempotency_key,
        effect_key=_effect_key(job_type, clean, idempotency_key),
        submitted_by_id=submitted_by_id,
        max_retries=_max_retries(job_type, max_retries, conf),
        run_at=run_at,
        delay_seconds=delay_seconds or 0.0,
    )


def _clean_payload(job_type: JobType, payload: Mapping[str, Any]) -> dict[str, Any]:
    serializer = job_type.payload(data=payload)
    if not serializer.is_valid():
        raise PayloadInvalid(serializer.errors)
    # What the handler gets is JSON: the serializer's own rendering of what it accepted.
    clean: dict[str, Any] = dict(serializer.to_representation(serializer.validated_data))
    return clean


def _payload_json(payload: dict[str, Any], conf: JobsConf) -> str:
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    size_bytes = len(text.encode())
    if size_bytes > conf.payload_max_bytes:
        raise PayloadTooLarge(size_bytes, conf.payload_max_bytes)
    return text


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
    """None: the job's own id. What the payload says comes before what the client says,
    because it is about the effect itself."""
    key = job_type.key(payload) if job_type.key is not None else idempotency_key
    if key is None:
        return None
    if len(key) > LONGEST_KEY:
        key = f"sha256-{sha256(key.encode()).hexdigest()}"
    return f"{job_type.name}:{key}"
