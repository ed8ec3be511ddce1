"""Claims that no database knows."""

from typing import Any

from jobs.core.claim import ClaimedJob
from jobs.core.ids import uuid7


def make_claim(**fields: Any) -> ClaimedJob:
    """The first attempt of a job of type `tests.note`, unless told otherwise."""
    job_id = fields.pop("id", None) or uuid7()
    defaults: dict[str, Any] = {
        "type": "tests.note",
        "queue": "default",
        "priority": 5,
        "payload": {},
        "effect_key": str(job_id),
        "attempt": 1,
        "failures": 0,
        "crashes": 0,
        "max_retries": 4,
        "worker_id": uuid7(),
    }
    return ClaimedJob(id=job_id, **(defaults | fields))
