"""Where no plan is kept, as behind a pooler, hot statements suit tables of every size.

PostgreSQL then plans by what it knows of the table at that moment, which may be nothing.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from jobs.core.attempt_error import RecordedError
from jobs.core.claim import ClaimedJob, Start
from jobs.core.ids import uuid7s
from jobs.core.progress import Progress
from jobs.core.retry import Die, Requeue
from jobs.core.states import DeathReason
from jobs.models import Job, KeyWait, Worker
from jobs.models.job_claims import CLAIMED_FIELDS
from jobs.services.progress import progress_write
from jobs.sql.statements import run
from jobs.tests.factories import make_worker

pytestmark = pytest.mark.django_db(transaction=True)

SMALL, MEDIUM, LARGE = 3_000, 20_000, 60_000
SCAN = re.compile(
    r"(?:Seq|Bitmap Heap) Scan on jobs_job\b|Index (?:Only )?Scan using (\w+) on jobs_job"
)
REMOVED = re.compile(r"Rows Removed by (?:Join )?Filter: (\d+)")
ERRORS: list[RecordedError] = [
    {"attempt": 1, "worker": "w", "at": "", "error": "E", "message": "m", "traceback": ""}
]

# All of one worker, at their first attempt: what a batch has in common, the others have, too.
FILL = """
INSERT INTO jobs_job (
    id, type, queue, priority, payload, effect_key, state, attempt, failures, crashes, max_retries,
    errors, worker_id, claimed_at, run_at
)
SELECT
    id, 'tests.note', 'default', 5, '{"text": "hello"}', id::text,
    CASE WHEN is_running THEN 'running' ELSE 'queued' END, is_running::int, 0, 0, 4,
    '[]', CASE WHEN is_running THEN %(worker_id)s::uuid END, CASE WHEN is_running THEN now() END,
    now()
FROM (
    SELECT id, n %% 2 = 0 AS is_running
    FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS made (id, n)
) AS new
"""


def fill(rows: int, worker: Worker, *, analyzed: bool) -> None:
    with connection.cursor() as cursor:
        # Now PostgreSQL knows that they are empty; keys there are none in many services, ever.
        cursor.execute("VACUUM ANALYZE jobs_job, jobs_processedkey")
        cursor.execute(FILL, {"ids": uuid7s(rows), "worker_id": worker.id})
        if analyzed:
            cursor.execute("VACUUM ANALYZE jobs_job")


@pytest.fixture(params=[SMALL, MEDIUM, LARGE])
def rows(request: pytest.FixtureRequest) -> int:
    count: int = request.param
    return count


@pytest.mark.parametrize("analyzed", [False, True])
def test_hot_statements_look_up_the_rows_they_are_about(
    rows: int, analyzed: bool, subtests: pytest.Subtests
) -> None:
    worker = make_worker()
    fill(rows, worker, analyzed=analyzed)
    for size in (1, 20, 200, 500):
        claims = running(size)
        queued = list(Job.objects.queued().values_list("id", flat=True)[:size])
        moves: dict[str, Callable[[], object]] = {
            "claim": partial(Job.objects.claim, worker.id, queued),
            "starts": partial(Job.objects.record_starts, [Start(one, True) for one in claims]),
            "progress": partial(
                progress_write, reports=[(one, Progress(1, 2, "m")) for one in claims]
            ),
            "succeeded": partial(Job.objects.record_succeeded, claims),
            "requeued": partial(
                Job.objects.record_requeued, [(one, Requeue(1.0, 1, 0), ERRORS) for one in claims]
            ),
            "cancelled": partial(Job.objects.record_cancelled, claims),
            "dead": partial(
                Job.objects.record_dead,
                [(one, Die(DeathReason.EXHAUSTED, 1, 0), ERRORS) for one in claims],
            ),
            "late success": partial(Job.objects.record_late_success, claims),
        }
        for name, move in moves.items():
            with subtests.test(name, size=size):
                assert_looks_up(move, size)


def test_what_waits_for_a_key_is_looked_up(rows: int) -> None:
    fill(rows, make_worker(), analyzed=True)
    waiting = Job.objects.queued().order_by("id").values_list("id", "run_at")[:200]
    KeyWait.objects.bulk_create(
        KeyWait(job_id=job_id, key="k", until=run_at) for job_id, run_at in waiting
    )

    assert_looks_up(partial(run, "wake_key_waits", keys=["k"], limit=1_000), 200)


def running(count: int) -> list[ClaimedJob]:
    return [ClaimedJob(*row) for row in Job.objects.running().values_list(*CLAIMED_FIELDS)[:count]]


def assert_looks_up(call: Callable[[], object], rows: int) -> None:
    with transaction.atomic(), explained() as plans:
        call()
        transaction.set_rollback(True)
    assert len(plans) == 1
    scans = {match.group(1) or match.group(0) for match in SCAN.finditer(plans[0])}
    assert scans <= {"jobs_job_pkey"}, plans[0]
    assert sum(map(int, REMOVED.findall(plans[0]))) <= rows, plans[0]


@contextmanager
def explained() -> Iterator[list[str]]:
    """Collects how each statement was run, with what its steps have counted."""
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        with context["connection"].connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {sql}", params)
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute("SELECT 1 WHERE false", None, many, context)  # it has been run already

    with connection.execute_wrapper(explain):
        yield plans
