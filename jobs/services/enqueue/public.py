"""Enqueueing from Django code, as short as it can be: `from jobs import enqueue, enqueue_many`."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from jobs.services.enqueue.accept import Answer, job_enqueue, jobs_enqueue
from jobs.services.enqueue.enqueued import Enqueued
from jobs.services.enqueue.request import JobRequest


def enqueue(
    type: str,  # noqa: A002 - the word of the API
    payload: Mapping[str, Any],
    *,
    queue: str | None = None,
    priority: int | None = None,
    run_at: datetime | None = None,
    delay_seconds: float | None = None,
    max_retries: int | None = None,
    idempotency_key: str | None = None,
    fairness_key: str | None = None,
    expires_at: datetime | None = None,
    expires_in_seconds: float | None = None,
    callback_url: str | None = None,
) -> Enqueued:
    """Accepts one job; inside a transaction it exists, and is dispatched, once that commits.

    `run_at` or `delay_seconds`, not both; with neither it may run at once. `priority`: 0 to 9, 9
    is most urgent. `expires_at` or `expires_in_seconds`, not both: a job that has not begun by then
    never runs. `fairness_key`: whose turn it takes in a fair queue. `callback_url` is called when
    the job is final (docs/http-jobs.md). What is None is left to the job type and the settings.
    The same type and `idempotency_key` again gives the job of the first call.

    Raises UnknownJobType, PayloadInvalid, PayloadTooLarge, UnknownQueue, CallbackUrlRefused,
    RequestInvalid if another argument makes no sense, and IdempotencyKeyReused if the key's job has
    another payload or callback_url.
    """
    return job_enqueue(
        type=type,
        payload=payload,
        queue=queue,
        priority=priority,
        run_at=run_at,
        delay_seconds=delay_seconds,
        max_retries=max_retries,
        idempotency_key=idempotency_key,
        fairness_key=fairness_key,
        expires_at=expires_at,
        expires_in_seconds=expires_in_seconds,
        callback_url=callback_url,
    )


def enqueue_many(requests: Iterable[JobRequest], *, atomic: bool = True) -> list[Answer]:
    """Accepts many jobs in one transaction, a thousand in a statement.

    Returns an answer for each request, in their order. `atomic`: one request that is not
    acceptable means that none is accepted; it raises RequestsRefused, which names them all.
    Without it such a request gets its error as the answer, and the others are accepted.
    """
    return jobs_enqueue(requests=list(requests), atomic=atomic)
