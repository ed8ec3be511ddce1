"""What is imported from the version that is measured: its names have moved over time."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from jobs.handlers.registry import job_type

try:
    from jobs import Effect
except ImportError:  # before 0.1.0
    from jobs.states import Effect  # type: ignore[import-not-found, no-redef]

__all__ = ["Effect", "enqueue_many", "enqueue_one", "job_type"]


def enqueue_one() -> Callable[[str, Mapping[str, Any]], object]:
    """The function that accepts one job, given its type and its payload."""
    service = import_module("jobs.services.enqueue")
    if hasattr(service, "job_enqueue"):
        accept = service.job_enqueue
        return lambda job_type, payload: accept(type=job_type, payload=payload)
    public: Callable[[str, Mapping[str, Any]], object] = import_module("jobs").enqueue
    return public


def enqueue_many() -> Callable[[str, Sequence[Mapping[str, Any]]], object]:
    """The function that accepts many jobs at once, given their type and their payloads."""
    service = import_module("jobs.services.enqueue")
    if hasattr(service, "jobs_enqueue"):
        request, accept = service.JobRequest, service.jobs_enqueue
        return lambda job_type, payloads: accept(
            requests=[request(type=job_type, payload=payload) for payload in payloads]
        )
    package = import_module("jobs")
    return lambda job_type, payloads: package.enqueue_many(
        [package.JobRequest(type=job_type, payload=payload) for payload in payloads]
    )
