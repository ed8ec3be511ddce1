"""No statement that runs all the time reads the whole table of jobs, however large it is."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from jobs.broker.keys import lists_of
from jobs.core.claim import ClaimedJob, Start
from jobs.core.finished import Finished
from jobs.core.ids import uuid7_floor
from jobs.core.outcome import Cancelled, CutOff, Failed, FailedForGood, NotStarted, Succeeded
from jobs.core.states import JobState
from jobs.models import Job, Worker
from jobs.models.job_claims import CLAIMED_FIELDS
from jobs.services.attempts import jobs_claim, jobs_record
from jobs.services.cancel import job_cancel
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.maintenance.lost_claims import jobs_release_lost_claims
from jobs.services.maintenance.prune import jobs_prune
from jobs.services.maintenance.redispatch import jobs_redispatch_lost
from jobs.services.maintenance.rescue import jobs_rescue
from jobs.services.verification.loaded import queues_in_use
from jobs.services.verification.unserved import unserved_check
from jobs.sql.statements import fetch_rows, statement
from jobs.tests.factories import make_job, make_user, make_worker
from jobs.tests.steps import error, heard_now, write_start

ROWS = 20_000
QUEUED = 3_000
FEW = 50
RUNNING = 100
BATCH = 20  # how many jobs a worker with ten threads holds at most

FILL = """
INSERT INTO jobs_job (
    id, type, queue, priority, payload, effect_key, state, attempt, failures, crashes,
    max_retries, errors, created_at, run_at, dispatched_at, claimed_at, finished_at, worker_id
)
SELECT
    id, 'tests.note', (ARRAY['default', 'emails', 'bulk'])[n %% 3 + 1], n %% 10,
    '{"text": "hello", "seconds": 0.0, "failures": 0, "error": "error", "secret": ""}',
    id::text, state, (state <> 'queued')::int, 0, 0, 4, '[]', at, at, at,
    CASE WHEN state <> 'queued' THEN at END,
    CASE WHEN state = 'succeeded' THEN at END,
    CASE WHEN state <> 'queued' THEN %(worker_id)s::uuid END
FROM (
    SELECT
        n, id, now() - (%(rows)s - n) * interval '1 minute' AS at,
        CASE WHEN n > %(rows)s - %(queued)s THEN 'queued'
            WHEN n > %(rows)s - %(queued)s - %(running)s THEN 'running'
            ELSE 'succeeded' END AS state
    FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS made (id, n)
) AS job
"""
FILL_KEYS = """
INSERT INTO jobs_processedkey (key, job_id, created_at, processed_at)
SELECT effect_key, id, finished_at, finished_at FROM jobs_job WHERE state = 'succeeded'
"""

Statement = tuple[str, Any]


class Database:
    """A large table of jobs, and the worker that its running jobs name."""

    def __init__(self, queued: int = QUEUED) -> None:
        self.worker = make_worker()
        now = time.time()
        ids = [uuid7_floor(now - 60 * (ROWS - n)) for n in range(ROWS)]
        with connection.cursor() as cursor:
            cursor.execute(
                FILL,
                {
                    "worker_id": self.worker.id,
                    "rows": ROWS,
                    "queued": queued,
                    "running": RUNNING,
                    "ids": ids,
                },
            )
            cursor.execute(FILL_KEYS)
            cursor.execute("ANALYZE jobs_job, jobs_processedkey, jobs_worker")

    @property
    def queued_ids(self) -> list[UUID]:
        return list(Job.objects.queued().values_list("id", flat=True)[:BATCH])

    @property
    def claims(self) -> list[ClaimedJob]:
        rows = Job.objects.running().values_list(*CLAIMED_FIELDS)[:BATCH]
        return [ClaimedJob(*row) for row in rows]


@pytest.fixture
def database(db: None) -> Database:
    return Database()


def plans_of(call: Callable[[], object]) -> Iterator[str]:
    """Runs the call, rolls it back, and yields the plan of each statement that it ran."""
    statements: list[Statement] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(note):
            call()
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        for sql, params in statements:
            if "jobs_" in sql:
                cursor.execute(f"EXPLAIN {sql}", params)
                yield "\n".join([sql, *(row[0] for row in cursor.fetchall())])


def assert_reads_no_whole_table(call: Callable[[], object], least: int = 1) -> None:
    plans = list(plans_of(call))
    assert len(plans) >= least
    for plan in plans:
        for table in ("jobs_job", "jobs_processedkey"):
            assert f"Seq Scan on {table} " not in plan, plan


def test_what_every_job_goes_through(database: Database, subtests: pytest.Subtests) -> None:
    claims, queued = database.claims, database.queued_ids
    user = make_user()
    calls: dict[str, Callable[[], object]] = {
        "accept": lambda: make_job(idempotency_key="order-1", submitted_by_id=user.id),
        "claim": lambda: jobs_claim(worker_id=database.worker.id, job_ids=queued),
        "claim one": lambda: Job.objects.claim_one(database.worker.id, queued[0]),
        "start": lambda: Job.objects.record_starts([Start(claim) for claim in claims]),
        "resolve key conflicts": lambda: jobs_resolve_key_conflicts(job_ids=queued),
    }
    for outcome in (
        Succeeded(),
        Failed(error()),
        FailedForGood(error()),
        CutOff(error()),
        NotStarted(),
        Cancelled(),
    ):
        calls[f"record {type(outcome).__name__}"] = lambda outcome=outcome: jobs_record(  # type: ignore[misc]
            finished=[Finished(claim, outcome) for claim in claims]
        )
    for name, call in calls.items():
        with subtests.test(name):
            assert_reads_no_whole_table(call)


@pytest.mark.django_db
def test_an_admission_counts_the_slots_of_a_limit_once() -> None:
    values = {
        "names": ["queue:default"],
        "with_jobs": True,
        "most": 500,
        "worker_timeout_seconds": 15.0,
        "window_seconds": 0.25,
        "pace_seconds": 1.0,
    }
    plan = fetch_rows(f"EXPLAIN {statement('held_jobs')}", values)
    assert sum("on jobs_slot" in line for (line,) in plan) == 1


def test_what_every_worker_does_on_a_timer(database: Database, subtests: pytest.Subtests) -> None:
    known = [(claim.id, claim.attempt) for claim in database.claims[1:]]
    calls: dict[str, Callable[[], object]] = {
        "redispatch": lambda: jobs_redispatch_lost(queues=["default", "emails", "bulk"]),
        "ask for cancellations": lambda: Job.objects.cancel_requested(
            database.worker.id, [claim.id for claim in database.claims]
        ),
        "release lost claims": lambda: jobs_release_lost_claims(
            worker_id=database.worker.id, known=known
        ),
        "rescue while all workers live": lambda: jobs_rescue(heard_at=heard_now()),
        "rescue from what has stopped lately": lambda: jobs_rescue(
            heard_at=heard_now(), lately=True
        ),
        "prune": jobs_prune,
    }
    for name, call in calls.items():
        with subtests.test(name):
            assert_reads_no_whole_table(call)


@pytest.mark.django_db
def test_what_the_verifier_asks_of_all_that_is_queued(subtests: pytest.Subtests) -> None:
    """By the indexes of queued jobs: ranges of pages may be most of the table.

    Which of the two PostgreSQL takes depends on how the rows happen to lie, so the ranges are gone.
    """
    Database(queued=FEW)
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX job_pages_by_value")
    for call in (queues_in_use, unserved_check):
        with subtests.test(call.__name__):
            assert_reads_no_whole_table(call)


def test_rescue_from_a_dead_worker(database: Database) -> None:
    Worker.objects.update(stopped_at=database.worker.started_at)
    assert_reads_no_whole_table(lambda: jobs_rescue(heard_at=heard_now()), least=3)
    Worker.objects.update(stopped_at=Now())
    assert_reads_no_whole_table(lambda: jobs_rescue(heard_at=heard_now(), lately=True), least=3)


def test_postgresql_as_a_queue_while_redis_is_away(database: Database) -> None:
    assert_reads_no_whole_table(
        lambda: Job.objects.next_due(lists_of(["default", "emails"]), BATCH)
    )


def test_a_person_cancels_one(database: Database) -> None:
    [job_id, *_] = database.queued_ids
    assert_reads_no_whole_table(lambda: job_cancel(job_id=job_id))


def test_the_tables_are_large_enough(database: Database) -> None:
    """Without rows a plan would prove nothing."""
    assert Job.objects.count() == ROWS
    assert Job.objects.queued().count() == QUEUED
    assert Job.objects.running().count() == RUNNING
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == ROWS - QUEUED - RUNNING
    plans = list(plans_of(lambda: list(Job.objects.filter(failures=7))))
    assert "Seq Scan on jobs_job" in plans[0]
    assert write_start(database.claims[0])
