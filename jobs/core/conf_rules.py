"""What the JOBS_* settings may be. Each sentence names the setting and says what to do."""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from jobs.core.clock import DAY_SECONDS
from jobs.core.conf import MAX_RETRIES_LIMIT, JobsConf, setting_name
from jobs.core.depth_limit import depth_limits
from jobs.core.http_hosts import allows_host, is_host, is_host_pattern
from jobs.core.number import is_number
from jobs.core.queue_choice import QUEUE_ORDERS, queue_choice
from jobs.core.tracing_rules import broken_tracing_rules

QUEUE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")

# More threads in one process only wait for one another, and each has a connection to PostgreSQL.
CONCURRENCY_LIMIT = 1_000
ASYNC_CONCURRENCY_LIMIT = 100_000

# Mail servers must take 100 recipients of one mail (RFC 5321, 4.5.3.1.8); many take no more.
EMAIL_RECIPIENTS_LIMIT = 100

_SENDER = re.compile(r"[^\s@,<>\"]*@[^\s@,<>\"]+")

_CELL = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", re.ASCII)

# Once `{trace_id}`, and no other braces.
_TRACE_URL = re.compile(r"https?://[!-z|~]+\{trace_id\}[!-z|~]*", re.ASCII)

_YEAR_SECONDS = 366 * DAY_SECONDS
_CENTURY_DAYS = 36_500
_LARGEST_BYTES = 64 * 1024 * 1024

_RANGES: dict[str, tuple[float, float]] = {
    "low_priority_share": (0, 0.99),
    "payload_max_bytes": (1, _LARGEST_BYTES),
    "result_max_bytes": (1, _LARGEST_BYTES),
    "max_retries": (0, MAX_RETRIES_LIMIT),
    "retry_base_seconds": (0, _YEAR_SECONDS),
    "retry_factor": (1, 100),
    "retry_cap_seconds": (0, _YEAR_SECONDS),
    "retry_jitter": (0, 10),
    "crash_limit": (1, 1_000),
    "cache_mark_seconds": (1, _YEAR_SECONDS),
    "email_recipients_max": (1, EMAIL_RECIPIENTS_LIMIT),
    "email_recipients_per_day": (1, 10**9),
    "concurrency": (1, CONCURRENCY_LIMIT),
    "async_concurrency": (1, ASYNC_CONCURRENCY_LIMIT),
    "heartbeat_seconds": (0.01, DAY_SECONDS),
    "worker_timeout_seconds": (0.01, DAY_SECONDS),
    "grace_seconds": (0, DAY_SECONDS),
    "redispatch_seconds": (0.01, DAY_SECONDS),
    "redispatch_margin_seconds": (0.01, DAY_SECONDS),
    "fire_grace_seconds": (0, _YEAR_SECONDS),
    "missed_runs_max": (1, 1_000),
    "waits_max": (0, 100_000),
    "waits_per_client": (0, 100_000),
    "retention_days": (0, _CENTURY_DAYS),
    "result_retention_days": (0, _CENTURY_DAYS),
    "key_retention_days": (0, _CENTURY_DAYS),
    "answer_retention_hours": (0.01, 24 * 366),
}
"""Lowest and highest value of every number."""


def broken_rules(conf: JobsConf) -> list[str]:
    """One sentence for each reason why jobs could not run with these settings."""
    # What has the wrong type, or is out of range, cannot be compared with anything.
    return (
        list(_wrong_types(conf))
        or list(_out_of_range(conf))
        or [
            *_queues(conf),
            *_order(conf),
            *_depths(conf),
            *_liveness(conf),
            *_retries(conf),
            *_redis(conf),
            *_mail(conf),
            *_http(conf),
            *_cell(conf),
            *_trace_url(conf),
            *broken_tracing_rules(conf),
        ]
    )


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
    bool: ("True or False", lambda value: isinstance(value, bool)),
    list[str]: (
        "a list of names",
        lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    ),
}


def _out_of_range(conf: JobsConf) -> Iterator[str]:
    for name, (lowest, highest) in _RANGES.items():
        value = getattr(conf, name)
        if not lowest <= value <= highest:
            yield f"{setting_name(name)} is {value}; make it {lowest} to {highest}."


def _queues(conf: JobsConf) -> Iterator[str]:
    if not conf.queues:
        yield "JOBS_QUEUES is empty; name at least one queue, for example 'default'."
    if len(set(conf.queues)) < len(conf.queues):
        yield "JOBS_QUEUES names a queue twice; name each queue once."
    for queue in conf.queues:
        if not QUEUE_NAME.fullmatch(queue):
            yield (
                f"JOBS_QUEUES names {queue[:80]!r}; use lower-case letters, digits, '-' and '_', "
                "63 at most."
            )


def _order(conf: JobsConf) -> Iterator[str]:
    if conf.queue_order not in QUEUE_ORDERS:
        yield f"JOBS_QUEUE_ORDER is {conf.queue_order[:80]!r}; choose {' or '.join(QUEUE_ORDERS)}."
    elif conf.worker_queues:
        try:
            queue_choice(conf.worker_queues, conf.queues, conf.queue_order)
        except ValueError as error:
            yield f"JOBS_WORKER_QUEUES cannot be used: {error}."


def _depths(conf: JobsConf) -> Iterator[str]:
    try:
        depth_limits(conf.queue_depth_max, conf.queues)
    except ValueError as error:
        yield f"JOBS_QUEUE_DEPTH_MAX cannot be used: {error}."


def _liveness(conf: JobsConf) -> Iterator[str]:
    if conf.heartbeat_seconds * 2 > conf.worker_timeout_seconds:
        yield (
            f"JOBS_HEARTBEAT_SECONDS is {conf.heartbeat_seconds:g} and "
            f"JOBS_WORKER_TIMEOUT_SECONDS {conf.worker_timeout_seconds:g}; a worker must be able "
            "to miss a heartbeat: make the timeout at least twice the heartbeat."
        )


def _retries(conf: JobsConf) -> Iterator[str]:
    if conf.retry_cap_seconds < conf.retry_base_seconds:
        yield (
            f"JOBS_RETRY_CAP_SECONDS is {conf.retry_cap_seconds:g} and JOBS_RETRY_BASE_SECONDS "
            f"{conf.retry_base_seconds:g}; the cap must not be less than the base."
        )


def _mail(conf: JobsConf) -> Iterator[str]:
    for sender in conf.email_from:
        if not _SENDER.fullmatch(sender) or not sender.isprintable():
            yield (
                f"JOBS_EMAIL_FROM names {sender[:80]!r}; name addresses (shop@example.com) and "
                "domains (@example.com)."
            )
    if conf.email_recipients_per_day < conf.email_recipients_max:
        yield (
            f"JOBS_EMAIL_RECIPIENTS_PER_DAY is {conf.email_recipients_per_day} and "
            f"JOBS_EMAIL_RECIPIENTS_MAX {conf.email_recipients_max}; a day must have room for one "
            "mail."
        )


def _http(conf: JobsConf) -> Iterator[str]:
    for pattern in conf.http_allowed_hosts:
        if not is_host_pattern(pattern):
            yield (
                f"JOBS_HTTP_ALLOWED_HOSTS names {pattern[:80]!r}; name hosts in lower case "
                "(api.example.com), and all below a domain (*.example.com), without scheme and "
                "port."
            )
    for port in conf.http_allowed_ports:
        if not re.fullmatch(r"[1-9][0-9]{0,4}", port, re.ASCII) or int(port) > 65_535:
            yield f"JOBS_HTTP_ALLOWED_PORTS names {port[:80]!r}; name numbers from 1 to 65535."
    for host in conf.http_private_hosts:
        if not is_host(host):
            yield (
                f"JOBS_HTTP_PRIVATE_HOSTS names {host[:80]!r}; name single hosts in lower case, "
                "without scheme and port."
            )
        elif not allows_host(conf.http_allowed_hosts, host):
            yield (
                f"JOBS_HTTP_PRIVATE_HOSTS names {host!r}, which JOBS_HTTP_ALLOWED_HOSTS does not "
                "allow; name it there, too."
            )


def _cell(conf: JobsConf) -> Iterator[str]:
    if conf.cell and not _CELL.fullmatch(conf.cell):
        yield (
            f"JOBS_CELL is {conf.cell[:80]!r}; make it 1 to 32 lower-case letters, digits and '-', "
            "such as eu-1: it is part of addresses."
        )


def _trace_url(conf: JobsConf) -> Iterator[str]:
    if conf.trace_url and not _TRACE_URL.fullmatch(conf.trace_url):
        yield (
            f"JOBS_TRACE_URL is {conf.trace_url[:120]!r}; make it an address with {{trace_id}} in "
            "it, such as https://traces.example.com/trace/{trace_id}."
        )


def _redis(conf: JobsConf) -> Iterator[str]:
    prefix = conf.redis_prefix
    if not re.search(r"\{[^{}]+\}", prefix) or not re.fullmatch(r"[!-~]{1,100}", prefix):
        yield (
            f"JOBS_REDIS_PREFIX is {prefix[:120]!r}; it needs a hash tag such as '{{jobs}}:', "
            "so that Redis Cluster keeps all keys in one slot, and at most 100 ASCII characters "
            "without spaces."
        )
