"""What belongs to one run of the benchmark: a database, and keys in Redis, gone when it ends."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tools.measuring.databases import own_database

# How a process that is part of the benchmark learns which settings are measured (`settings.py`).
BASE_SETTINGS = "JOBS_BENCHMARK_SETTINGS"


@dataclass(frozen=True)
class Scope:
    """The names that belong to one run."""

    name: str

    @property
    def redis_prefix(self) -> str:
        return f"{{{self.name}}}:"

    def environment(self, database_url: str) -> Mapping[str, str]:
        """The variables that make a process part of the benchmark."""
        return {
            BASE_SETTINGS: os.environ.get("DJANGO_SETTINGS_MODULE", "scheduler.settings"),
            "DJANGO_SETTINGS_MODULE": "tools.benchmark.settings",
            "DATABASE_URL": database_url,
            "JOBS_REDIS_PREFIX": self.redis_prefix,
        }


@contextmanager
def own_scope() -> Iterator[Scope]:
    """Makes this process and its children part of a benchmark, and leaves nothing behind."""
    scope = Scope(f"benchmark_{os.getpid()}")
    with own_database(os.environ["DATABASE_URL"], scope.name) as url:
        os.environ.update(scope.environment(url))
        try:
            yield scope
        finally:
            _forget_keys(scope)


def _forget_keys(scope: Scope) -> None:
    from jobs.broker.redis import RedisBroker
    from jobs.core.conf import jobs_conf

    conf = jobs_conf()
    RedisBroker(conf.redis_url, scope.redis_prefix, conf.cache_mark_seconds).forget_everything()
