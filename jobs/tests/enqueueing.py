"""Requests for jobs, and how many ids lie in Redis."""

from typing import Any

from jobs.broker.redis import RedisBroker
from jobs.services.enqueue import Enqueued, JobRequest, job_enqueue


def enqueue(**fields: Any) -> Enqueued:
    return job_enqueue(**({"type": "tests.note", "payload": {"text": "hello"}} | fields))


def waiting(broker: RedisBroker) -> int:
    """How many ids are ready in Redis."""
    return sum(broker.depth(["default", "emails", "bulk"]).ready.values())


def request(**fields: Any) -> JobRequest:
    return JobRequest(**({"type": "tests.note", "payload": {"text": "hello"}} | fields))
