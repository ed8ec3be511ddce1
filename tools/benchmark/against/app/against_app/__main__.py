"""Runs inside the version that is measured: one question a line in, one answer a line out.

Of that version it knows only what every version has: `migrate`, `runworker`, the API, a few columns
of its tables, and what `version.py` finds.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import quantiles
from typing import Any

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import ProgrammingError, connection  # noqa: E402
from django_redis import get_redis_connection  # noqa: E402
from rest_framework_simplejwt.tokens import AccessToken  # noqa: E402

from against_app import children, version  # noqa: E402
from against_app.job_types import EMPTY, STAMP, STAMPS  # noqa: E402

PREFIX = "JOBS_REDIS_PREFIX"
BATCH = 1_000
EVERY_SECONDS = 0.02  # between the jobs whose pick-up is timed
WARM_UP = 5  # the first jobs after a pause find cold caches
TURN_SECONDS = 120.0  # far above what a turn takes; then something is broken

# Of all tables of jobs, with their indexes.
_TABLE_BYTES = (
    "SELECT sum(pg_total_relation_size(oid))::float8 FROM pg_class "
    "WHERE relkind = 'r' AND relname ~ '^jobs_'"
)

Answer = dict[str, Any]


class Driver:
    """Each public method answers one question of the same name."""

    def __init__(self) -> None:
        self._enqueue_one = version.enqueue_one()
        self._enqueue_many = version.enqueue_many()
        self._workers: list[children.Child] = []
        self._api: list[children.Child] = []

    def prepare(self) -> Answer:
        """Makes the tables, and a user; answers with a token."""
        call_command("migrate", verbosity=0, stdout=sys.stderr)
        user, _ = get_user_model().objects.get_or_create(username="benchmark")
        return {"token": str(AccessToken.for_user(user))}

    def api(self, port: int) -> Answer:
        """Starts the API at that port, in place of one that runs; answers with its processes."""
        children.stop(self._api)
        self._api = [children.start_api(port)]
        return {"processes": children.API_PROCESSES}

    def workers(self, count: int) -> Answer:
        """Sees to it that this many worker processes run, and are registered."""
        children.stop(self._workers)
        self._workers = [children.start("-m", "django", "runworker") for _ in range(count)]
        sql = "SELECT count(*) FROM jobs_worker WHERE stopped_at IS NULL"
        children.wait_until(
            lambda: _value(sql) >= count, children.START_SECONDS, self._workers, every_seconds=0.1
        )
        return {}

    def clear(self) -> Answer:
        """Empties the tables of jobs and the lists in Redis. Workers stay registered."""
        _execute("TRUNCATE jobs_job CASCADE")
        redis = get_redis_connection("default")
        for key in redis.scan_iter(match=f"{os.environ[PREFIX]}*", count=BATCH):
            redis.unlink(key)
        return {}

    def rows(self) -> Answer:
        """How many jobs there are."""
        return {"rows": _value("SELECT count(*) FROM jobs_job")}

    def drain(self, count: int) -> Answer:
        """Jobs lie in the queue while the workers are frozen; then the workers go on.

        Seconds from the first claim to the last outcome by PostgreSQL's clock; bytes of WAL a job;
        bytes a job by which tables and indexes have grown, since before the jobs were enqueued.
        """
        self.clear()
        empty = _value(_TABLE_BYTES)
        children.send(self._workers, signal.SIGSTOP)
        self._enqueue(count)
        _vacuum()
        before = _value("SELECT pg_current_wal_insert_lsn()::text")
        children.send(self._workers, signal.SIGCONT)
        children.wait_until(_is_drained, TURN_SECONDS, self._workers, every_seconds=0.05)
        written = _value("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)::float8", before)
        seconds = _value(
            "SELECT extract(epoch FROM max(finished_at) - min(claimed_at))::float8 FROM jobs_job"
        )
        grown = _value(_TABLE_BYTES) - empty
        return {"seconds": seconds, "wal": written / count, "table": grown / count}

    def enqueue(self, count: int) -> Answer:
        """Single calls, one after the other."""
        self.clear()
        _vacuum()
        started = time.perf_counter()
        for number in range(count):
            self._enqueue_one(EMPTY, {"number": number})
        return {"seconds": time.perf_counter() - started}

    def bulk(self, count: int) -> Answer:
        """A thousand jobs a call; bytes of WAL a job."""
        self.clear()
        _vacuum()
        before = _value("SELECT pg_current_wal_insert_lsn()::text")
        started = time.perf_counter()
        self._enqueue(count)
        seconds = time.perf_counter() - started
        written = _value("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)::float8", before)
        return {"seconds": seconds, "wal": written / count}

    def pickup(self, count: int) -> Answer:
        """Milliseconds from the call to the handler of an idle worker, a job every 20 ms."""
        self.clear()
        self._waits(WARM_UP)
        started = time.perf_counter()
        percentiles = quantiles(self._waits(count), n=100, method="inclusive")
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "p50": percentiles[49], "p99": percentiles[98]}

    def end(self) -> None:
        """Stops what was started."""
        children.stop([*self._workers, *self._api])

    def _enqueue(self, count: int) -> None:
        for first in range(0, count, BATCH):
            numbers = range(first, min(count, first + BATCH))
            self._enqueue_many(EMPTY, [{"number": number} for number in numbers])

    def _waits(self, count: int) -> list[float]:
        stamps = Path(os.environ[STAMPS])
        stamps.write_text("")
        due = time.monotonic()
        for _ in range(count):
            self._enqueue_one(STAMP, {"since": time.time()})
            due += EVERY_SECONDS
            time.sleep(max(0.0, due - time.monotonic()))
        children.wait_until(
            lambda: stamps.read_text().count("\n") == count, TURN_SECONDS, self._workers
        )
        return [float(line) * 1_000 for line in stamps.read_text().splitlines()]


def _is_drained() -> bool:
    """The newest job first, by its key: which index answers the rest depends on the version.

    Without one, the question would read the table every time, and its cost would be the drain's.
    """
    if _value("SELECT finished_at IS NULL FROM jobs_job ORDER BY id DESC LIMIT 1"):
        return False
    sql = "SELECT EXISTS (SELECT FROM jobs_job WHERE state = %s)"
    return not (_value(sql, "queued") or _value(sql, "running"))


def _vacuum() -> None:
    """Does now what autovacuum and the checkpointer would do in the middle of a turn."""
    _execute("VACUUM (ANALYZE) jobs_job")
    with suppress(ProgrammingError):  # takes a right that the service does not need
        _execute("CHECKPOINT")


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _value(sql: str, *parameters: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]


def main() -> None:
    """Ends when its input does, which also happens when the process that asks has died."""
    driver = Driver()
    try:
        for line in sys.stdin:
            question = json.loads(line)
            answer: Callable[..., Answer] = getattr(driver, question.pop("ask"))
            print(json.dumps(answer(**question)), flush=True)
    finally:
        driver.end()


if __name__ == "__main__":
    main()
