"""The URL of a job, or of a batch, is called when it is final: by a job of the type `http_request`.

That job is inserted in the transaction that makes the other one final, so that there is one call
for each end, whatever is killed. What it says is what the API shows at that moment.
"""

import json
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from jobs.core.conf import PRIORITY_DEFAULT, jobs_conf
from jobs.core.json_text import json_text
from jobs.core.new_job import NewJob
from jobs.models import Batch, Job
from jobs.services.batches.facts import batch_facts
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.enqueue.callback_url import callback_type
from jobs.services.enqueue.enqueue_counts import CALLBACK
from jobs.services.enqueue.insert import insert_batch
from jobs.services.enqueue.request import JobRequest
from jobs.services.enqueue.resolve import derived_of, max_retries_of
from jobs.services.job_facts import CallbackOf, job_details, job_facts
from jobs.services.tracing import tracing
from jobs.sql.statements import execute, statement

logger = logging.getLogger(__name__)

# How long a receiver may take, in seconds: what `http_request` gives by default.
TIMEOUT_SECONDS = 30.0


class _Call(NamedTuple):
    """A call to make: of which URL, about what, and the JSON that it says."""

    url: str
    about: CallbackOf
    body_json: str
    submitted_by_id: Any
    client_left_at: datetime | None
    request_id: str | None = None
    traceparent: str | None = None


def jobs_call_back(job_ids: Iterable[UUID]) -> None:
    """Enqueues the calls of these jobs, which the present transaction has made final.

    Each job has a `callback_url`.
    """
    jobs = Job.objects.filter(id__in=list(job_ids)).select_related("worker", "submitted_by")
    _enqueue([_call_of_job(job) for job in jobs.order_by("id")])


def batch_call_back(batch: Batch) -> UUID:
    """Enqueues the call of a batch that the present transaction has completed; returns its job."""
    assert batch.callback_url is not None
    about: CallbackOf = {"kind": "batch", "id": str(batch.id)}
    body_json = json_text(batch_facts(batch))
    client = batch.submitted_by_id, batch.client_left_at
    call = _Call(batch.callback_url, about, body_json, *client)
    [job_id] = _enqueue([call])
    return job_id


def _call_of_job(job: Job) -> _Call:
    assert job.callback_url is not None
    about: CallbackOf = {"kind": "job", "id": str(job.id)}
    client, ids = (job.submitted_by_id, job.client_left_at), (job.request_id, job.traceparent)
    return _Call(job.callback_url, about, _body_json(job), *client, *ids)


def _body_json(job: Job) -> str:
    """The job as the API shows it. The record of an outcome never fails because of this."""
    try:
        return json_text({**job_facts(job), **job_details(job)})
    except DATABASE_ERRORS:
        raise
    except Exception as error:
        logger.exception(
            "Job %s cannot be shown in its callback: %s",
            job.id,
            type(error).__name__,
            extra={"event": "callback.cut_short", "job_id": str(job.id)},
        )
        least = {"id": str(job.id), "type": job.type, "state": job.state, "attempt": job.attempt}
        return json_text(least)


def _enqueue(calls: Sequence[_Call]) -> list[UUID]:
    new_jobs = [_new_job(call) for call in calls]
    if (spans := tracing()) is not None:
        causes = [UUID(call.about["id"]) for call in calls]
        new_jobs = [spans.followed(*pair) for pair in zip(new_jobs, causes, strict=True)]
    enqueued = insert_batch(new_jobs, source=CALLBACK)
    job_ids = [one.job_id for one in enqueued]
    given = [json.dumps({"callback_of": call.about}) for call in calls]
    left_ats = [call.client_left_at for call in calls]
    values = {"ids": job_ids, "given": given, "client_left_ats": left_ats}
    execute(statement("write_given"), values)
    return job_ids


def _new_job(call: _Call) -> NewJob:
    job_type = callback_type()
    # As the type's serializer would have it. Whether the host is still allowed is asked when the
    # call is made: a call that is refused then is a dead letter, and no reason to undo an outcome.
    head = json_text({"method": "POST", "url": call.url, "timeout_seconds": TIMEOUT_SECONDS})
    request = JobRequest(job_type.name, {})
    derived = derived_of(job_type, {}, job_type.queue, request, call.submitted_by_id)
    return NewJob(
        type=job_type.name,
        queue=job_type.queue,
        priority=PRIORITY_DEFAULT,
        payload_json=f'{head[:-1]},"json":{call.body_json}}}',
        idempotency_key=None,
        effect_key=None,
        submitted_by_id=call.submitted_by_id,
        max_retries=max_retries_of(job_type, None, jobs_conf()),
        request_id=call.request_id,
        traceparent=call.traceparent,
        limits=derived.limits,
        fair_limit=derived.fair_limit,
        fairness_key=derived.fairness_key,
    )
