"""A typed view of the JOBS_* settings."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

PRIORITY_MIN = 0
PRIORITY_DEFAULT = 5
PRIORITY_MAX = 9  # the most urgent
MAX_RETRIES_LIMIT = 25  # at the default factor the last wait is already a year


@dataclass(frozen=True)
class JobsConf:
    """The settings of this app; each name is a JOBS_* setting in lower case."""

    queues: list[str]
    redis_url: str
    redis_prefix: str
    payload_max_bytes: int
    max_retries: int
    retry_base_seconds: float
    retry_factor: float
    retry_cap_seconds: float
    retry_jitter: float
    crash_limit: int
    cache_mark_seconds: int
    concurrency: int
    async_concurrency: int
    heartbeat_seconds: float
    worker_timeout_seconds: float
    grace_seconds: float
    redispatch_seconds: float
    redispatch_margin_seconds: float
    retention_days: float
    key_retention_days: float


@cache
def jobs_conf() -> JobsConf:
    """The settings, read once: looking them up takes as long as all else in accepting a job."""
    names = JobsConf.__dataclass_fields__
    return JobsConf(**{name: getattr(settings, f"JOBS_{name.upper()}") for name in names})


def _read_anew(*, setting: str, **_: Any) -> None:
    """Tests override settings."""
    if setting.startswith("JOBS_"):
        jobs_conf.cache_clear()


setting_changed.connect(_read_anew)
