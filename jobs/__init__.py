"""Background jobs on PostgreSQL and Redis: an app for any Django project.

These are the names that projects use; everything else may move. They are imported when they are
first asked for, so that `import jobs` works before Django's apps are ready.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobs.core.batch_errors import (
        BatchClosed,
        BatchCompleted,
        BatchFull,
        CallbackRefused,
        ChainTooLong,
    )
    from jobs.core.errors import (
        IdempotencyKeyReused,
        JobCancelled,
        JobsError,
        JobTimeout,
        LeaseLost,
        OutcomeUnknown,
        PayloadInvalid,
        PayloadTooLarge,
        PermanentError,
        RetryAfter,
        StartNotWritten,
        UnknownJobType,
        UnknownQueue,
    )
    from jobs.core.request_errors import CallbackUrlRefused, RequestInvalid, RequestsRefused
    from jobs.core.retry import RetryPolicy
    from jobs.core.states import Effect
    from jobs.core.wait_errors import JobNotFound, WaitTimedOut
    from jobs.handlers.context import JobContext
    from jobs.handlers.registry import job_type
    from jobs.handlers.schedule import schedule
    from jobs.services.batches.public import OpenBatch, batch
    from jobs.services.chains import chain
    from jobs.services.enqueue.enqueued import Enqueued
    from jobs.services.enqueue.public import enqueue, enqueue_many
    from jobs.services.enqueue.request import JobRequest
    from jobs.services.waiting.public import FinalJob, job_wait

__version__ = "0.1.0"

__all__ = [
    "BatchClosed",
    "BatchCompleted",
    "BatchFull",
    "CallbackRefused",
    "CallbackUrlRefused",
    "ChainTooLong",
    "Effect",
    "Enqueued",
    "FinalJob",
    "IdempotencyKeyReused",
    "JobCancelled",
    "JobContext",
    "JobNotFound",
    "JobRequest",
    "JobTimeout",
    "JobsError",
    "LeaseLost",
    "OpenBatch",
    "OutcomeUnknown",
    "PayloadInvalid",
    "PayloadTooLarge",
    "PermanentError",
    "RequestInvalid",
    "RequestsRefused",
    "RetryAfter",
    "RetryPolicy",
    "StartNotWritten",
    "UnknownJobType",
    "UnknownQueue",
    "WaitTimedOut",
    "batch",
    "chain",
    "enqueue",
    "enqueue_many",
    "job_type",
    "job_wait",
    "schedule",
]

_PLACES = {
    "BatchClosed": "jobs.core.batch_errors",
    "BatchCompleted": "jobs.core.batch_errors",
    "BatchFull": "jobs.core.batch_errors",
    "CallbackRefused": "jobs.core.batch_errors",
    "CallbackUrlRefused": "jobs.core.request_errors",
    "ChainTooLong": "jobs.core.batch_errors",
    "Effect": "jobs.core.states",
    "Enqueued": "jobs.services.enqueue.enqueued",
    "FinalJob": "jobs.services.waiting.public",
    "JobContext": "jobs.handlers.context",
    "JobNotFound": "jobs.core.wait_errors",
    "JobRequest": "jobs.services.enqueue.request",
    "OpenBatch": "jobs.services.batches.public",
    "RequestInvalid": "jobs.core.request_errors",
    "RequestsRefused": "jobs.core.request_errors",
    "RetryPolicy": "jobs.core.retry",
    "WaitTimedOut": "jobs.core.wait_errors",
    "batch": "jobs.services.batches.public",
    "chain": "jobs.services.chains",
    "enqueue": "jobs.services.enqueue.public",
    "enqueue_many": "jobs.services.enqueue.public",
    "job_type": "jobs.handlers.registry",
    "job_wait": "jobs.services.waiting.public",
    "schedule": "jobs.handlers.schedule",
}
_ERRORS = "jobs.core.errors"


def __getattr__(name: str) -> Any:
    """Called by Python for a name that is not here yet (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_PLACES.get(name, _ERRORS)), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
