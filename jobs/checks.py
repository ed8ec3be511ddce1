"""Start-up refusals: settings that contradict one another, and types that could never run."""

import re
from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register

from jobs.core.conf import MAX_RETRIES_LIMIT, JobsConf, jobs_conf, renamed_settings
from jobs.handlers.registry import job_types

QUEUE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@register("jobs")
def check_jobs(**kwargs: Any) -> list[CheckMessage]:
    """One error a contradiction; each says what to set."""
    conf = jobs_conf()
    sentences = [
        *renamed_settings(),
        *_queues(conf),
        *_liveness(conf),
        *_retries(conf),
        *_redis(conf),
        *_types(conf),
    ]
    return [Error(sentence, id="jobs.E001") for sentence in sentences]


def _queues(conf: JobsConf) -> Iterator[str]:
    if not conf.queues:
        yield "JOBS_QUEUES is empty; name at least one queue, for example 'default'."
    for queue in conf.queues:
        if not QUEUE_NAME.fullmatch(queue):
            yield (
                f"JOBS_QUEUES names {queue!r}; use lower-case letters, digits, '-' and '_', "
                "63 at most."
            )


def _liveness(conf: JobsConf) -> Iterator[str]:
    if conf.heartbeat_seconds <= 0 or conf.heartbeat_seconds * 2 > conf.worker_timeout_seconds:
        yield (
            f"JOBS_HEARTBEAT_SECONDS is {conf.heartbeat_seconds:g} and "
            f"JOBS_WORKER_TIMEOUT_SECONDS {conf.worker_timeout_seconds:g}; a worker must be able "
            "to miss a heartbeat: make the timeout at least twice the heartbeat."
        )
    for name in (
        "concurrency",
        "async_concurrency",
        "redispatch_seconds",
        "redispatch_margin_seconds",
        "payload_max_bytes",
    ):
        if getattr(conf, name) <= 0:
            yield f"JOBS_{name.upper()} is {getattr(conf, name)}; make it greater than 0."


def _retries(conf: JobsConf) -> Iterator[str]:
    if not 0 <= conf.max_retries <= MAX_RETRIES_LIMIT:
        yield f"JOBS_MAX_RETRIES is {conf.max_retries}; choose 0 to {MAX_RETRIES_LIMIT}."
    if conf.retry_base_seconds < 0 or conf.retry_factor < 1 or conf.retry_jitter < 0:
        yield (
            "JOBS_RETRY_BASE_SECONDS and JOBS_RETRY_JITTER must not be negative, and "
            "JOBS_RETRY_FACTOR not less than 1."
        )
    if conf.crash_limit < 1:
        yield f"JOBS_CRASH_LIMIT is {conf.crash_limit}; make it 1 or more."


def _redis(conf: JobsConf) -> Iterator[str]:
    if not re.search(r"\{[^{}]+\}", conf.redis_prefix):
        yield (
            f"JOBS_REDIS_PREFIX is {conf.redis_prefix!r}; it needs a hash tag such as '{{jobs}}:', "
            "so that Redis Cluster keeps all keys in one slot."
        )
    if conf.cache_mark_seconds < 1:
        yield (
            f"JOBS_CACHE_MARK_SECONDS is {conf.cache_mark_seconds}; "
            "make it 1 or more (86400 is a day)."
        )


def _types(conf: JobsConf) -> Iterator[str]:
    for job_type in job_types.as_mapping().values():
        if job_type.queue not in conf.queues:
            yield (
                f"Job type {job_type.name!r} uses queue {job_type.queue!r}, which JOBS_QUEUES "
                f"({', '.join(conf.queues)}) does not name."
            )
        if job_type.max_retries is not None and not 0 <= job_type.max_retries <= MAX_RETRIES_LIMIT:
            yield f"Job type {job_type.name!r}: max_retries must be 0 to {MAX_RETRIES_LIMIT}."
