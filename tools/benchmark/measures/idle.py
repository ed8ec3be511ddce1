"""What a worker asks of both servers while nothing waits, and while a job comes every 20 ms."""

import time

from django.db import connection
from django_redis import get_redis_connection

from jobs.services.enqueue import job_enqueue
from tools.benchmark.bench import Bench, Findings
from tools.benchmark.figure import Figure
from tools.benchmark.job_names import EMPTY
from tools.benchmark.processes import workers
from tools.benchmark.rows import empty_everything

EVERY_SECONDS = 0.02
# Connections are open and scripts are loaded by then.
WARM_UP_SECONDS = 2.0
# A session of PostgreSQL that has nothing to do tells within ten seconds what it did before.
TOLD_SECONDS = 11.0
_TRANSACTIONS = """
SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()
"""


def idle(bench: Bench) -> Findings:
    """Commands that scripts call count, too."""
    return Findings(bench.median("idle", lambda: _idle(bench.sizes.idle_seconds)))


def _idle(seconds: float) -> list[Figure]:
    empty_everything()
    with workers():
        _enqueue(WARM_UP_SECONDS)
        time.sleep(TOLD_SECONDS)
        before = _commands(), _transactions()
        time.sleep(seconds)
        commands, transactions = _commands() - before[0], _transactions() - before[1]
        before_jobs = _commands()
        jobs = _enqueue(seconds)
        for_jobs = _commands() - before_jobs
    return [
        Figure("idle worker, Redis commands", commands / seconds, "a second"),
        Figure("idle worker, transactions", transactions / seconds, "a second"),
        Figure("a job every 20 ms, Redis commands", for_jobs / jobs, "a job"),
    ]


def _enqueue(seconds: float) -> int:
    """At that pace; returns how many."""
    due = time.monotonic()
    count = int(seconds / EVERY_SECONDS)
    for number in range(count):
        job_enqueue(type=EMPTY, payload={"number": number})
        due += EVERY_SECONDS
        time.sleep(max(0.0, due - time.monotonic()))
    return count


def _commands() -> int:
    """All that Redis has done, but for the question."""
    stats = get_redis_connection("default").info("commandstats")
    return sum(one["calls"] for name, one in stats.items() if name != "cmdstat_info")


def _transactions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_TRANSACTIONS)
        [(count,)] = cursor.fetchall()
    return int(count)
