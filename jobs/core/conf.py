"""The JOBS_* settings: their types, their defaults, and their former names."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

PRIORITY_MIN = 0
PRIORITY_DEFAULT = 5
PRIORITY_MAX = 9  # the most urgent
MAX_RETRIES_LIMIT = 25  # at the default factor the last wait is already a year

RENAMED = {
    "JOBS_RING_MARGIN_SECONDS": "JOBS_REDISPATCH_MARGIN_SECONDS",
    "JOBS_RECONCILE_SECONDS": "JOBS_REDISPATCH_SECONDS",
    "JOBS_MARK_SECONDS": "JOBS_CACHE_MARK_SECONDS",
}
"""Former name to present name. A former name is refused at the start."""


@dataclass(frozen=True)
class JobsConf:
    """The settings of this app with their defaults: `queues` is the setting JOBS_QUEUES."""

    # The queues that exist. The job types that this app ships use `emails`.
    queues: list[str] = field(default_factory=lambda: ["default", "emails", "bulk"])
    # What a worker takes from unless it is told otherwise: names, or `name:weight`; if empty, all
    # of them. Without weights `turns` or `strict`: see `jobs.core.queue_choice`.
    worker_queues: list[str] = field(default_factory=list)
    queue_order: str = "turns"
    # The share of each queue's jobs that its priorities below the default get, if they have any.
    low_priority_share: float = 0.0
    # How many jobs may wait for a worker before clients are asked to wait: `name:limit`, or a limit
    # for all other queues. Without any there is none.
    queue_depth_max: list[str] = field(default_factory=list)
    redis_url: str = "redis://127.0.0.1:6379/0"
    # What a scraper sends as a bearer token to read /metrics of a worker, closed without it.
    metrics_token: str = ""
    # Whether workers and the API send spans over OTLP, as the OTEL_* variables say.
    tracing: bool = False
    # Begins every key; its hash tag keeps them in one slot of Redis Cluster.
    redis_prefix: str = "{jobs}:"
    payload_max_bytes: int = 256 * 1024
    # What a handler returns is kept up to this size, as JSON.
    result_max_bytes: int = 64 * 1024

    # Retries after the first attempt. The waits are base x factor^n seconds, at most the cap;
    # jitter makes each longer by a random part of up to this share.
    max_retries: int = 4
    retry_base_seconds: float = 1.0
    retry_factor: float = 2.0
    retry_cap_seconds: float = 3600.0
    retry_jitter: float = 0.0
    # A job that took down this many workers is not tried again.
    crash_limit: int = 3
    # How long Redis remembers that an effect is done.
    cache_mark_seconds: int = 86_400

    # Senders that clients may name beside DEFAULT_FROM_EMAIL: addresses, and domains as `@name`.
    email_from: list[str] = field(default_factory=list)
    # Recipients of one mail, and of all mails of one client in a day.
    email_recipients_max: int = 50
    email_recipients_per_day: int = 100_000

    # Hosts that `http_request` may call, as `api.example.com` or `*.example.com`: none by default.
    # Ports there, and those of the hosts that may have addresses of private networks.
    http_allowed_hosts: list[str] = field(default_factory=list)
    http_allowed_ports: list[str] = field(default_factory=lambda: ["443"])
    http_private_hosts: list[str] = field(default_factory=list)

    # Jobs at a time in one worker process: on threads, and on the event loop.
    concurrency: int = 10
    async_concurrency: int = 100
    # How often a worker writes its heartbeat, and after how long a silence it counts as dead.
    heartbeat_seconds: float = 5.0
    worker_timeout_seconds: float = 30.0
    # How long handlers may go on once the worker was told to stop.
    grace_seconds: float = 25.0

    # How often jobs that Redis lost are redispatched, and how late a job must be to count as lost.
    redispatch_seconds: float = 3.0
    redispatch_margin_seconds: float = 3.0
    # How late a fire time of a schedule may be that does not count as missed, and how many missed
    # ones get a job each where a schedule asks for all.
    fire_grace_seconds: float = 60.0
    missed_runs_max: int = 100
    # Calls of clients that wait for jobs, or follow them, in one process of the API: all, and those
    # of one client. One more is answered at once with what is.
    waits_max: int = 2_000
    waits_per_client: int = 1_000
    # After how long finished jobs, results of handlers, and processed keys are deleted.
    retention_days: float = 14.0
    result_retention_days: float = 14.0
    key_retention_days: float = 90.0
    # Whether each attempt that starts has a line at INFO; else it has one at DEBUG.
    log_jobs: bool = True
    # Whether an edit over the API has to say, by If-Match, what it is an edit of.
    if_match_required: bool = False
    # Which of several deployments behind one address this is; empty where there is one.
    cell: str = ""
    # Where a trace is shown, with `{trace_id}` in the address; empty: ids of traces are no links.
    trace_url: str = ""
    # For how long a call with the header Idempotency-Key gets the stored answer again.
    answer_retention_hours: float = 24.0


def setting_name(name: str) -> str:
    """The Django setting, and environment variable, of a field of `JobsConf`."""
    return f"JOBS_{name.upper()}"


@cache
def jobs_conf() -> JobsConf:
    """The settings of the project, read once.

    To look up each one when it is needed takes as long as everything else in accepting a job.
    """
    settings_made = {
        one.name: getattr(settings, setting_name(one.name))
        for one in fields(JobsConf)
        if hasattr(settings, setting_name(one.name))
    }
    return JobsConf(**settings_made)


def renamed_settings(is_set: Callable[[str], bool]) -> list[str]:
    """One sentence for each former name of which `is_set` says that it is used."""
    return [
        f"{former} is called {name} now; rename it."
        for former, name in RENAMED.items()
        if is_set(former)
    ]


def _forget_settings(*, setting: str, **_: Any) -> None:
    """Called by Django when a test overrides a setting."""
    if setting.startswith("JOBS_"):
        jobs_conf.cache_clear()


setting_changed.connect(_forget_settings)
