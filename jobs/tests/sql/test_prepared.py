"""Which statements keep their plans, on which connections, and that no kept plan grows slow."""

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from jobs.core.claim import ClaimedJob
from jobs.core.clock import SystemClock
from jobs.core.finished import Finished
from jobs.core.new_job import NewJob
from jobs.core.outcome import Succeeded
from jobs.models import Job
from jobs.services.attempts import jobs_claim, jobs_record
from jobs.sql.prepared import search_by_index
from jobs.tests.factories import make_job, make_worker
from jobs.tests.open_pools import Bench
from jobs.tests.threads import elsewhere
from jobs.worker.inflight import Inflight
from jobs.worker.recording.recorder import Recorder

pytestmark = pytest.mark.django_db(transaction=True)

# By default PostgreSQL makes no generic plan before the sixth run.
RUNS = 8
# Which index is read, and what the next line says about it.
SCAN = re.compile(r"Index (?:Only )?Scan (?:using|on) (\w+) .*\n\s*([\w ]+)")
LOOK_UPS = {("jobs_job_pkey", "Index Cond"), ("jobs_processedkey_pkey", "Index Cond")}
NEW = NewJob("tests.note", "default", 5, '{"text": "hello"}', None, None, None, 4)


@pytest.fixture(autouse=True)
def connection_of_its_own() -> Iterator[None]:
    yield
    connection.close()


def kept() -> dict[str, int]:
    """Kept statements of this connection: first line, and runs by the generic plan."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, generic_plans FROM pg_prepared_statements")
        return {_words(text): plans for text, plans in cursor.fetchall()}


def _words(text: str) -> str:
    lines = [line for line in text.splitlines() if line and not line.startswith("--")]
    return lines[0]


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        value: str = cursor.fetchone()[0]
    return value


def in_a_thread_that_searches_by_index(call: Callable[[], Any]) -> Any:
    def run() -> Any:
        search_by_index()
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(60)


def claim_and_record() -> None:
    for is_own_key in (False, True):
        claims = claim_one(is_own_key=is_own_key)
        jobs_record(finished=[Finished(claim, Succeeded()) for claim in claims])


def claim_one(*, is_own_key: bool = False) -> list[ClaimedJob]:
    ids = [elsewhere(make_job).id]
    [claim] = jobs_claim(worker_id=make_worker().id, job_ids=ids, is_own_key=is_own_key)
    return [claim]


def test_accepting_a_job_keeps_its_plan_on_every_connection() -> None:
    for _ in range(RUNS):
        assert Job.objects.insert_one(NEW)
        Job.objects.insert([NEW, NEW])

    assert Job.objects.count() == 3 * RUNS
    assert set(kept()) == {"INSERT INTO jobs_job ("}


def test_a_search_keeps_its_plan_only_where_scans_are_forbidden() -> None:
    def work() -> tuple[dict[str, int], str]:
        for _ in range(RUNS):
            claim_and_record()
        return kept(), setting("enable_seqscan")

    here, scans_here = work()
    there, scans_there = in_a_thread_that_searches_by_index(work)

    assert (here, scans_here) == ({}, "on")
    assert there == {
        "WITH wanted AS (": RUNS,
        "UPDATE jobs_job AS job": RUNS,
        "WITH succeeded AS (": 2 * RUNS,
    }, "planned anew, which takes as long as before"
    assert scans_there == "off"


@pytest.mark.parametrize("vacuumed", [False, True])
def test_a_plan_made_while_the_tables_were_empty_only_looks_up_keys(vacuumed: bool) -> None:
    def work() -> list[str]:
        if vacuumed:  # now PostgreSQL has counted that the tables are empty
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE jobs_job, jobs_processedkey, jobs_worker")
        for _ in range(RUNS):
            claim_and_record()
        return [plan(name) for name in names_of_kept()]

    plans = in_a_thread_that_searches_by_index(work)

    assert len(plans) == 3
    for one in plans:
        scans = [scan for scan in SCAN.findall(one) if "worker" not in scan[0]]
        assert ("jobs_job_pkey", "Index Cond") in scans
        assert set(scans) <= LOOK_UPS
        assert "Seq Scan" not in one


def test_a_job_with_a_key_is_accepted_without_reading_all_keys() -> None:
    """Whatever PostgreSQL had counted when the plan was made: there were no keys."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE jobs_job, jobs_processedkey")
    for number in range(RUNS):
        assert Job.objects.insert_one(keyed(number))
    assert set(kept()) == {"INSERT INTO jobs_job ("}

    with transaction.atomic():
        before = scans_of_keys()
        assert Job.objects.insert_one(keyed(RUNS))
        after = scans_of_keys()

    assert (after[0] - before[0], after[1] - before[1]) == (0, 2), "sequential, and by index"


def test_many_jobs_with_keys_keep_no_plan() -> None:
    for number in range(RUNS):
        assert all(Job.objects.insert([keyed(2 * number), keyed(2 * number + 1)]))

    assert kept() == {}


def keyed(number: int) -> NewJob:
    key = str(number)
    return NEW._replace(
        idempotency_key=key, effect_key=f"tests.note:{key}", former_effect_key=f"former:{key}"
    )


def scans_of_keys() -> tuple[int, int]:
    """Sequential scans of the table of keys in this transaction, and scans of its indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables"
            " WHERE relname = 'jobs_processedkey'"
        )
        found: tuple[int, int] = cursor.fetchone()
    return found


def names_of_kept() -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, cardinality(parameter_types) FROM pg_prepared_statements")
        rows: list[tuple[str, int]] = cursor.fetchall()
    return rows


def plan(kept: tuple[str, int]) -> str:
    name, parameters = kept
    with connection.cursor() as cursor:
        cursor.execute(f'EXPLAIN EXECUTE "{name}"({", ".join(["NULL"] * parameters)})')
        return "\n".join(line for (line,) in cursor.fetchall())


def test_the_threads_that_claim_and_record_forbid_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(make_worker())
    seen: dict[str, str] = {}

    def look() -> None:
        seen[threading.current_thread().name] = setting("enable_seqscan")

    def step() -> None:
        look()
        bench.stop.set()

    monkeypatch.setattr(bench.fetcher, "tick", step)
    recorder = Recorder(Inflight(), SystemClock(), lambda: None)
    monkeypatch.setattr(recorder, "_record", lambda batch: look())
    recorder.start()
    recorder.add(Finished(claim_one()[0], Succeeded()))
    assert recorder.stop(20)
    bench.fetcher.start()
    bench.fetcher.join(20)

    assert seen == {"recorder": "off", "fetcher": "off"}


def test_a_migration_that_changes_what_a_statement_returns_costs_one_error() -> None:
    def work() -> tuple[int, dict[str, int]]:
        claim_one()
        with (
            pytest.raises(OperationalError, match="must not change result type"),
            changed_type(),
        ):
            claim_one()
        with changed_type():
            return len(claim_one()), kept()

    assert in_a_thread_that_searches_by_index(work) == (1, {"WITH wanted AS (": 1})


@contextmanager
def changed_type() -> Iterator[None]:
    """Another type for a column, as a migration on another connection would make it."""
    elsewhere(partial(alter_priority, "integer"))
    try:
        yield
    finally:
        elsewhere(partial(alter_priority, "smallint"))


def alter_priority(type_: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE jobs_job ALTER COLUMN priority TYPE {type_}")


def test_captured_statements_show_their_values() -> None:
    with CaptureQueriesContext(connection) as queries:
        Job.objects.insert_one(NEW)

    assert "'tests.note', 'default', 5" in queries[0]["sql"]
