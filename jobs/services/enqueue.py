"""Jobs are accepted: the rows are inserted, and Redis is rung after the commit."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from jobs.conf import PRIORITY_DEFAULT, JobsConf, jobs_conf
from jobs.errors import JobsError, RequestsRefused, UnknownQueue
from jobs.handlers.registry import JobType, job_types
from jobs.models import Job
from jobs.new_job import Inserted, NewJob
from jobs.services.doorbell import ring_after_commit
from jobs.services.group_commit import GroupCommit
from jobs.services.payloads import clean_payload, payload_json
from jobs.states import JobState

# A derived key that is longer is hashed, so that type and key fit `Job.effect_key`.
LONGEST_KEY = 255

# One statement and one push for so many: beyond it nothing gets quicker, and memory grows.
BATCH = 1_000


class JobRequest(NamedTuple):
    """What is asked for. `run_at` or `delay_seconds`, not both; neither is now."""

    type: str
    payload: Mapping[str, Any]
    queue: str | None = None
    priority: int | None = None
    run_at: datetime | None = None
    delay_seconds: float | None = None
    max_retries: int | None = None
    idempotency_key: str | None = None


class Enqueued:
    """The job that was accepted, or the one that had been accepted before for the same key."""

    __slots__ = ("_accepted", "_job", "_new")

    def __init__(self, new: NewJob, accepted: Inserted | Job) -> None:
        self._new = new
        self._accepted = accepted
        self._job: Job | None = accepted if isinstance(accepted, Job) else None

    @property
    def duplicate(self) -> bool:
        """Whether the job had been accepted before."""
        return isinstance(self._accepted, Job)

    @property
    def job_id(self) -> UUID:
        accepted = self._accepted
        return accepted.id if isinstance(accepted, Job) else accepted.message.job_id

    @property
    def request(self) -> NewJob | Job:
        """What was asked for: `type`, `queue`, `priority` and `idempotency_key` of the job."""
        return self._job or self._new

    @property
    def state(self) -> str:
        return self._job.state if self._job else JobState.QUEUED.value

    @property
    def run_at(self) -> datetime:
        accepted = self._accepted
        return accepted.run_at if isinstance(accepted, Job) else _moment(accepted.run_at)

    @property
    def job(self) -> Job:
        """The row. Made when it is asked for: of many, mostly the ids are wanted."""
        if self._job is None:
            assert isinstance(self._accepted, Inserted)
            self._job = _job(self._new, self._accepted)
        return self._job


Answer = Enqueued | JobsError
"""What became of one request of many."""


def job_enqueue(
    *,
    type: str,  # noqa: A002 - the word of the API
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
    request = JobRequest(
        type=type,
        payload=payload,
        queue=queue,
        priority=priority,
        run_at=run_at,
        delay_seconds=delay_seconds,
        max_retries=max_retries,
        idempotency_key=idempotency_key,
    )
    [enqueued] = _insert([_new_job(request, submitted_by_id, jobs_conf())])
    return enqueued


def job_enqueue_together(*, request: JobRequest, submitted_by_id: int | None) -> Enqueued:
    """Accepts one job, in one commit with those that other threads ask for at this moment.

    For servers with threads: eight clients at once get a third more answers. Inside a transaction,
    and for a job with a key, which may have to wait for another one's, it is `job_enqueue`.
    Raises what that raises.
    """
    new = _new_job(request, submitted_by_id, jobs_conf())
    if new.idempotency_key is not None or connection.in_atomic_block:
        [enqueued] = _insert([new])
        return enqueued
    return _together.write(new)


def jobs_enqueue(
    *, requests: Sequence[JobRequest], submitted_by_id: int | None = None, atomic: bool = False
) -> list[Answer]:
    """Accepts many jobs, a thousand at a time; answers in the order of the requests.

    A request that `job_enqueue` would refuse gets its error as the answer, and the others are
    accepted all the same. With `atomic` one refusal means that none is accepted: it raises
    RequestsRefused.
    """
    conf = jobs_conf()
    prepared = [_new_job_or_error(request, submitted_by_id, conf) for request in requests]
    refused = {i: one for i, one in enumerate(prepared) if isinstance(one, JobsError)}
    if atomic and refused:
        raise RequestsRefused(refused)
    with transaction.atomic():
        enqueued = iter(_insert_all([one for one in prepared if isinstance(one, NewJob)]))
    return [one if isinstance(one, JobsError) else next(enqueued) for one in prepared]


def _insert_all(new_jobs: list[NewJob]) -> list[Enqueued]:
    """Inserts batch by batch, by key: two calls with the same keys must not wait for one another.

    Within a batch the statement sees to that. Jobs without a key keep their order.
    """
    if len(new_jobs) <= BATCH:
        return _insert(new_jobs)
    order = sorted(range(len(new_jobs)), key=lambda i: new_jobs[i].idempotency_key or "")
    batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    enqueued = chain.from_iterable(_insert([new_jobs[i] for i in batch]) for batch in batches)
    return [one for _, one in sorted(zip(order, enqueued, strict=True), key=itemgetter(0))]


def _insert(new_jobs: Sequence[NewJob]) -> list[Enqueued]:
    """Inserts a batch; a job whose key is taken is answered with the one that has it."""
    inserted = (
        Job.objects.insert(new_jobs)
        if len(new_jobs) > 1
        else [Job.objects.insert_one(new) for new in new_jobs]
    )
    ring_after_commit([(one.message, one.delay_seconds) for one in inserted if one])
    pairs = list(zip(new_jobs, inserted, strict=True))
    existing = _existing([new for new, one in pairs if one is None])
    return [Enqueued(new, one or _existing_or_new(new, existing)) for new, one in pairs]


_together = GroupCommit[NewJob, Enqueued](_insert)

Existing = dict[tuple[str, str | None], Job]


def _existing(duplicates: list[NewJob]) -> Existing:
    """The jobs of one client that hold the keys of these, by type and key."""
    if not duplicates:
        return {}
    holders = Job.objects.filter(
        idempotency_key__in={new.idempotency_key for new in duplicates},
        type__in={new.type for new in duplicates},
        submitted_by_id=duplicates[0].submitted_by_id,
    ).select_related("worker")
    return {(job.type, job.idempotency_key): job for job in holders}


def _existing_or_new(new: NewJob, existing: Existing) -> Job:
    """Inserts once more if the holder of the key was pruned at this very moment."""
    return existing.get((new.type, new.idempotency_key)) or _insert([new])[0].job


def _job(new: NewJob, inserted: Inserted) -> Job:
    """The row as it was inserted, without asking for it again."""
    created_at, run_at = _moment(inserted.created_at), _moment(inserted.run_at)
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
        created_at=created_at,
        run_at=run_at,
        rung_at=max(run_at, created_at),
    )
    job._state.adding = False
    return job


def _moment(unix_seconds: float) -> datetime:
    return datetime.fromtimestamp(unix_seconds, UTC)


def _new_job_or_error(
    request: JobRequest, submitted_by_id: int | None, conf: JobsConf
) -> NewJob | JobsError:
    try:
        return _new_job(request, submitted_by_id, conf)
    except JobsError as error:
        return error


def _new_job(request: JobRequest, submitted_by_id: int | None, conf: JobsConf) -> NewJob:
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
    """None: the job's own id. What the payload says comes before what the client says,
    because it is about the effect itself."""
    key = job_type.key(payload) if job_type.key is not None else idempotency_key
    if key is None:
        return None
    if len(key) > LONGEST_KEY:
        key = f"sha256-{sha256(key.encode()).hexdigest()}"
    return f"{job_type.name}:{key}"
