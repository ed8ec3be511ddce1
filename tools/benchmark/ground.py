"""Where the benchmark runs: a database and keys in Redis of its own, gone when it ends."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tools.checkout import CHECKOUT

# How a process that is part of the benchmark learns that it is (`settings.py`).
BASE_SETTINGS = "JOBS_BENCHMARK_SETTINGS"
DATABASE = "JOBS_BENCHMARK_DATABASE"
STAMPS = "JOBS_BENCHMARK_STAMPS"


@dataclass(frozen=True)
class Ground:
    """A place that belongs to one run."""

    name: str

    @property
    def redis_prefix(self) -> str:
        return f"{{{self.name}}}:"

    def environment(self) -> Mapping[str, str]:
        """What makes a child process part of the benchmark."""
        return {
            **os.environ,
            BASE_SETTINGS: os.environ["DJANGO_SETTINGS_MODULE"],
            DATABASE: self.name,
            "DJANGO_SETTINGS_MODULE": "tools.benchmark.settings",
            "JOBS_REDIS_PREFIX": self.redis_prefix,
        }

    def run(self, arguments: Sequence[str]) -> int:
        """Runs the benchmark itself in the database of this run; returns its exit code."""
        command = [sys.executable, "-m", "tools.benchmark", *arguments]
        with subprocess.Popen(command, cwd=CHECKOUT, env=self.environment()) as child:  # noqa: S603
            try:
                return child.wait()
            except BaseException:
                child.terminate()  # it ends what it has started, too
                child.wait()
                raise


@contextmanager
def own_ground(name: str | None = None) -> Iterator[Ground]:
    """Creates the database beside the configured one, and leaves nothing behind."""
    from django.db import connection

    from jobs.broker.redis import RedisBroker
    from jobs.core.conf import jobs_conf

    ground = Ground(name or f"benchmark_{os.getpid()}")
    quoted = connection.ops.quote_name(ground.name)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {quoted} TEMPLATE template0")
    try:
        yield ground
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")
        conf = jobs_conf()
        RedisBroker(
            conf.redis_url, ground.redis_prefix, conf.cache_mark_seconds
        ).forget_everything()
