"""Celery with Redis: its messages are confirmed when their jobs are done, and no result is kept."""

import os
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from celery import Celery
from celery.signals import worker_ready
from redis import Redis

from tools.benchmark.job_names import SLEEP_SECONDS
from tools.benchmark.peers.driver.measured import EMPTY, SLEEP, STAMP, payloads
from tools.benchmark.stamp_line import leave_stamp

PREFIX = f"{os.environ['BENCHMARK_NAME']}:"
QUEUE = "celery"
SLOTS = 10
READY = "the worker is ready"
# Fetched ahead for each slot.
AHEAD = 16

app = Celery("peers", broker=os.environ["REDIS_URL"])
app.conf.update(
    broker_transport_options={"global_keyprefix": PREFIX},
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=AHEAD,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)


@app.task(name=EMPTY)
def empty(number: int) -> None:
    """Does nothing."""


@app.task(name=SLEEP)
def sleep(number: int) -> None:
    """Waits as for an answer from elsewhere."""
    time.sleep(SLEEP_SECONDS)


@app.task(name=STAMP)
def stamp(since: float) -> None:
    """Leaves how long it took."""
    leave_stamp(since)


TASKS = {EMPTY: empty, SLEEP: sleep, STAMP: stamp}


@worker_ready.connect
def say_ready(**_: Any) -> None:
    """Tells the driver."""
    print(READY, flush=True)


class CelerySystem:
    """Workers with threads; it has no call that takes many jobs."""

    version = version("celery")
    tables = ()
    ready = READY
    program = sys.executable

    def __init__(self) -> None:
        self._redis = Redis.from_url(os.environ["REDIS_URL"])

    def prepare(self) -> None:
        """There are no tables."""

    def worker(self, slots: int | None) -> Sequence[str]:
        return [
            *("-m", "celery", "-A", __name__, "worker", "--pool", "threads"),
            *("--concurrency", str(slots or SLOTS), "--hostname", f"{time.time_ns()}@%h"),
            *("--without-gossip", "--without-mingle"),
        ]

    def accept_each(self, kind: str, count: int) -> None:
        for payload in payloads(kind, count):
            TASKS[kind].apply_async(kwargs=payload)

    def accept(self, kind: str, count: int) -> None:
        self.accept_each(kind, count)

    def is_done(self) -> bool:
        """Messages that a worker has fetched and not confirmed lie in a hash of their own."""
        pipe = self._redis.pipeline()
        pipe.llen(f"{PREFIX}{QUEUE}")
        pipe.hlen(f"{PREFIX}unacked")
        return not any(pipe.execute())

    def forget(self) -> None:
        self._redis.delete(f"{PREFIX}{QUEUE}")

    def end(self) -> None:
        for key in self._redis.scan_iter(match=f"{PREFIX}*", count=1_000):
            self._redis.unlink(key)
        self._redis.close()
        app.close()
