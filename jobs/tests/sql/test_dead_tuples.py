"""What timers ask costs no more while a transaction keeps dead tuples, however many there are.

Counted in buffers, because their number does not depend on the machine.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from pytest_django import Settings

from jobs.broker.redis import RedisBroker
from jobs.core.ids import uuid7s
from jobs.models import Job, Worker
from jobs.services.maintenance.redispatch import SearchedLists, jobs_redispatch_lost
from jobs.services.maintenance.rescue import jobs_rescue
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one, heard_now
from jobs.tests.threads import held_snapshot

pytestmark = pytest.mark.django_db(transaction=True)

DRAINED = 10_000
# A look-up reads the way down an index and a page of the table, for each version of a row.
BUFFERS_A_JOB = 12
BUFFERS = re.compile(r"Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?")

DRAIN = """
INSERT INTO jobs_job (
    id, type, queue, priority, payload, effect_key, state, attempt, failures, crashes, max_retries,
    errors
)
SELECT id, 'tests.note', 'default', 5, '{"text": "hello"}', id::text, 'queued', 0, 0, 0, 4, '[]'
FROM unnest(%(ids)s::uuid[]) AS new (id);
UPDATE jobs_job SET state = 'running', attempt = 1, worker_id = %(worker_id)s, claimed_at = now()
WHERE state = 'queued';
UPDATE jobs_job SET state = 'succeeded', finished_at = now() WHERE state = 'running'
"""


@pytest.fixture
def worker() -> Iterator[Worker]:
    """A live worker that has drained a queue, while another transaction keeps every dead tuple."""
    worker = make_worker()
    with held_snapshot():
        for statement in DRAIN.split(";"):
            with connection.cursor() as cursor:
                cursor.execute(statement, {"ids": uuid7s(DRAINED), "worker_id": worker.id})
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE jobs_job, jobs_worker")
        yield worker


def test_what_is_in_hand_is_asked_for_cancellations_by_key(worker: Worker) -> None:
    held = [claim_one(make_job(), worker).id for _ in range(20)]

    assert buffers(lambda: Job.objects.cancel_requested(worker.id, held)) <= 20 * BUFFERS_A_JOB


@pytest.mark.parametrize("lately", [True, False])
def test_rescue_reads_nothing_of_what_live_workers_have_run(worker: Worker, lately: bool) -> None:
    claim_one(make_job(), worker)
    make_worker()

    # Ways down an index, and the pages of workers that other tests have left.
    assert buffers(lambda: jobs_rescue(heard_at=heard_now(), lately=lately)) <= DRAINED / 100


def test_redispatch_reads_nothing_of_what_was_searched_before(
    worker: Worker, broker: RedisBroker, settings: Settings
) -> None:
    settings.JOBS_REDISPATCH_MARGIN_SECONDS = 0.0
    search = partial(jobs_redispatch_lost, queues=["default"], searched=SearchedLists())

    assert buffers(search) > DRAINED / 50
    assert buffers(search) <= 100  # the way down the index, for each priority


def test_the_dead_tuples_are_there(worker: Worker) -> None:
    """Without them the others would prove nothing."""
    Worker.objects.filter(id=worker.id).update(stopped_at=Now())

    assert buffers(jobs_rescue) > DRAINED / 20


def buffers(call: Callable[[], object]) -> int:
    """How many buffers the statements of a call read, in all."""
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "jobs_" in sql:
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {sql}", params)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        call()
    return sum(_of_the_whole(plan) for plan in plans)


def _of_the_whole(plan: str) -> int:
    """The first line about buffers is that of the topmost step, which counts those below."""
    found = BUFFERS.search(plan)
    return sum(int(number or 0) for number in found.groups()) if found else 0
