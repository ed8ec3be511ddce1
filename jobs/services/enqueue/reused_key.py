"""The same idempotency key with another payload, or another callback: a mistake, which is told."""

import json
from typing import Any

from jobs.core.conf import jobs_conf
from jobs.core.errors import IdempotencyKeyReused, PayloadInvalid
from jobs.core.new_job import NewJob
from jobs.core.same_json import differing_fields
from jobs.handlers.registry import job_types
from jobs.services.enqueue.enqueued import Enqueued
from jobs.services.enqueue.payload import clean_payload, payload_json
from jobs.services.enqueue.request import JobRequest


def reused_key(request: JobRequest, new: NewJob, enqueued: Enqueued) -> IdempotencyKeyReused | None:
    """Why a duplicate is refused; None if it asks for the job that has the key.

    A job that is pruned has left no payload to compare.
    """
    if not enqueued.duplicate or enqueued.is_pruned:
        return None
    before, now = enqueued.job.payload, json.loads(new.payload_json)
    fields = differing_fields(before, now)
    if fields:
        filled_in = _filled_in(request, now)
        fields = [
            name
            for name in fields
            if name not in filled_in and (name in before or name in request.payload)
        ]
    callback_differs = new.callback_url != enqueued.job.callback_url
    if not (fields or callback_differs):
        return None
    return IdempotencyKeyReused(
        str(new.idempotency_key), fields, enqueued.job_id, callback_differs=callback_differs
    )


def _filled_in(request: JobRequest, now: dict[str, Any]) -> list[str]:
    """The fields that the serializer fills in with another value each time, such as a moment.

    They say nothing about what the client asked for.
    """
    try:
        clean = clean_payload(job_types.get(request.type), request.payload)
    except PayloadInvalid:
        return []  # a check that depends on the moment took it before
    return differing_fields(now, json.loads(payload_json(clean, jobs_conf())))
