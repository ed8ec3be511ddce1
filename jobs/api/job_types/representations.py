"""What the calls about job types answer."""

from inspect import getdoc
from typing import Any, TypedDict

from django.urls import reverse

from jobs.api.job_types.example_payload import example_payload
from jobs.api.job_types.payload_schema import payload_schema
from jobs.core.conf import jobs_conf
from jobs.handlers.registry import JobType
from jobs.services.moves import default_retry_policy


class RetryFacts(TypedDict):
    """How long a failed job waits for its next attempt, in seconds: base x factor^(n - 1)."""

    base_seconds: float
    factor: float
    cap_seconds: float
    jitter: float


class TypeLimitFacts(TypedDict):
    """The limit that code declares; `per_key`: for each key that is derived from the payload."""

    max_concurrency: int | None
    rate: str | None
    burst: int | None
    per_key: bool


class JobTypeLinks(TypedDict):
    """Where a job type is."""

    self: str


class JobTypeRepresentation(TypedDict):
    """A job type: what it does, what it takes, and what is declared of its jobs."""

    name: str
    description: str
    payload_schema: dict[str, Any]
    example_payload: dict[str, Any] | None
    sensitive: list[str]
    queue: str
    effect: str
    has_effect_key: bool
    max_retries: int
    retry: RetryFacts
    timeout_seconds: float | None
    limit: TypeLimitFacts | None
    links: JobTypeLinks


def job_type_representation(job_type: JobType) -> JobTypeRepresentation:
    """The job type."""
    schema = payload_schema(job_type)
    retries = job_type.max_retries
    return {
        "name": job_type.name,
        "description": description_of(job_type),
        "payload_schema": schema,
        "example_payload": example_payload(job_type, schema),
        "sensitive": sorted(job_type.sensitive),
        "queue": job_type.queue,
        "effect": job_type.effect.value,
        "has_effect_key": job_type.key is not None,
        "max_retries": jobs_conf().max_retries if retries is None else retries,
        "retry": _retry(job_type),
        "timeout_seconds": job_type.timeout_seconds,
        "limit": _limit(job_type),
        "links": {"self": reverse("job-type", args=[job_type.name])},
    }


def description_of(job_type: JobType) -> str:
    """The first line of the handler's docstring; empty if it has none."""
    return (getdoc(job_type.handler) or "").partition("\n")[0]


def _retry(job_type: JobType) -> RetryFacts:
    policy = job_type.retry or default_retry_policy()
    return {
        "base_seconds": policy.base_seconds,
        "factor": policy.factor,
        "cap_seconds": policy.cap_seconds,
        "jitter": policy.jitter,
    }


def _limit(job_type: JobType) -> TypeLimitFacts | None:
    if (rule := job_type.limit) is None:
        return None
    return {
        "max_concurrency": rule.max_concurrency,
        "rate": rule.rate and rule.rate.as_text,
        "burst": rule.rate and rule.rate.burst,
        "per_key": job_type.concurrency_key is not None,
    }
