"""Refusals at the start: settings with which jobs could not run, each in one plain sentence."""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.db import DEFAULT_DB_ALIAS, connections

from jobs.core.conf import MAX_RETRIES_LIMIT, JobsConf, jobs_conf, renamed_settings, setting_name
from jobs.core.number import is_number
from jobs.core.states import Effect
from jobs.handlers.registry import job_types

QUEUE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@register("jobs")
def check_jobs(**kwargs: Any) -> list[CheckMessage]:
    """Returns one error for each reason not to start, and warnings; each says what to set."""
    conf = jobs_conf()
    # What has the wrong type cannot be compared with anything.
    wrong_types = list(_wrong_types(conf))
    sentences = wrong_types or [
        *_queues(conf),
        *_liveness(conf),
        *_retries(conf),
        *_redis(conf),
        *_job_types(conf),
    ]
    warnings = [] if wrong_types else _silent_transactions(conf)
    return [
        *(Error(sentence, id="jobs.E001") for sentence in [*_project(), *_renamed(), *sentences]),
        *(checks.Warning(sentence, id="jobs.W001") for sentence in warnings),
    ]


def _project() -> Iterator[str]:
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql":
        yield (
            f"The default database is {database.display_name}; jobs are kept in PostgreSQL: set "
            "DATABASES['default']['ENGINE'] to 'django.db.backends.postgresql'."
        )
    if not settings.USE_TZ:
        yield "USE_TZ is False; jobs run at moments that have a time zone: set it to True."


def _renamed() -> list[str]:
    return renamed_settings(lambda name: hasattr(settings, name))


def _wrong_types(conf: JobsConf) -> Iterator[str]:
    for one in fields(JobsConf):
        value = getattr(conf, one.name)
        kind, has_kind = _KINDS[one.type]
        if not has_kind(value):
            yield f"{setting_name(one.name)} is {value!r}; make it {kind}."


_KINDS: dict[Any, tuple[str, Callable[[object], bool]]] = {
    str: ("a text", lambda value: isinstance(value, str)),
    int: ("a whole number", lambda value: is_number(value, int)),
    float: ("a number", lambda value: is_number(value, int, float)),
    list[str]: (
        "a list of names",
        lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    ),
}


def _queues(conf: JobsConf) -> Iterator[str]:
    if not conf.queues:
        yield "JOBS_QUEUES is empty; name at least one queue, for example 'default'."
    if len(set(conf.queues)) < len(conf.queues):
        yield "JOBS_QUEUES names a queue twice; name each queue once."
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
        "result_max_bytes",
    ):
        if getattr(conf, name) <= 0:
            yield f"{setting_name(name)} is {getattr(conf, name)}; make it greater than 0."
    for name in ("grace_seconds", "retention_days", "result_retention_days", "key_retention_days"):
        if getattr(conf, name) < 0:
            yield f"{setting_name(name)} is {getattr(conf, name):g}; make it 0 or more."


def _retries(conf: JobsConf) -> Iterator[str]:
    if not 0 <= conf.max_retries <= MAX_RETRIES_LIMIT:
        yield f"JOBS_MAX_RETRIES is {conf.max_retries}; choose 0 to {MAX_RETRIES_LIMIT}."
    if conf.retry_base_seconds < 0 or conf.retry_factor < 1 or conf.retry_jitter < 0:
        yield (
            "JOBS_RETRY_BASE_SECONDS and JOBS_RETRY_JITTER must not be negative, and "
            "JOBS_RETRY_FACTOR not less than 1."
        )
    if conf.retry_cap_seconds < conf.retry_base_seconds:
        yield (
            f"JOBS_RETRY_CAP_SECONDS is {conf.retry_cap_seconds:g} and JOBS_RETRY_BASE_SECONDS "
            f"{conf.retry_base_seconds:g}; the cap must not be less than the base."
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


def _job_types(conf: JobsConf) -> Iterator[str]:
    for job_type in job_types.as_mapping().values():
        if job_type.queue not in conf.queues:
            yield (
                f"Job type {job_type.name!r} uses queue {job_type.queue!r}, which JOBS_QUEUES "
                f"({', '.join(conf.queues)}) does not name."
            )
        if job_type.max_retries is not None and not 0 <= job_type.max_retries <= MAX_RETRIES_LIMIT:
            yield f"Job type {job_type.name!r}: max_retries must be 0 to {MAX_RETRIES_LIMIT}."


def _silent_transactions(conf: JobsConf) -> Iterator[str]:
    for job_type in job_types.as_mapping().values():
        if job_type.effect is Effect.TRANSACTIONAL and job_type.timeout_seconds is None:
            yield (
                f"Job type {job_type.name!r} is transactional and has no timeout_seconds: if its "
                "handler asks nothing of PostgreSQL for JOBS_WORKER_TIMEOUT_SECONDS "
                f"({conf.worker_timeout_seconds:g} s), it cannot succeed; give it a "
                "timeout_seconds, which is the limit then."
            )
