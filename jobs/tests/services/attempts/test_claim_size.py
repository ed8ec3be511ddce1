"""A claim ends where its payloads have filled it; what is left stays as it was."""

import random
import tracemalloc
from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection

from jobs.core.states import JobState
from jobs.models import Job, ProcessedKey, job_claims
from jobs.services.attempts import jobs_claim
from jobs.services.enqueue import JobRequest, jobs_enqueue
from jobs.tests.factories import make_job, make_worker

pytestmark = pytest.mark.django_db(transaction=True)

MEGABYTE = 2**20
LARGE_BYTES = 250_000


def make_jobs(count: int) -> list[UUID]:
    requests = [JobRequest("tests.note", {"text": "small"}) for _ in range(count)]
    return [one.job_id for one in jobs_enqueue(requests=requests)]  # type: ignore[union-attr]


def make_repetitive(count: int) -> list[UUID]:
    """Jobs whose payloads PostgreSQL compresses to a hundredth."""
    ids = make_jobs(count)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_job SET payload = jsonb_build_object('text', repeat('x', %s))"
            " WHERE id = ANY (%s)",
            [LARGE_BYTES, ids],
        )
    return ids


def make_random(count: int) -> list[UUID]:
    """Jobs whose payloads it cannot compress."""
    return [
        make_job(payload={"text": random.randbytes(LARGE_BYTES // 2).hex()}).id
        for _ in range(count)
    ]


@pytest.mark.parametrize("make", [make_repetitive, make_random])
def test_large_payloads_fill_a_claim(make: Callable[[int], list[UUID]]) -> None:
    ids = make(40)
    claims = jobs_claim(worker_id=make_worker().id, job_ids=ids)
    assert len(claims) == 34  # the 34th crosses 8 MiB
    assert claims.first_left == 34
    assert {one.id for one in claims} == set(ids[:34])
    left = Job.objects.filter(id__in=ids[34:])
    assert set(left.values_list("state", "attempt", "worker")) == {(JobState.QUEUED, 0, None)}


def test_five_hundred_large_ones_take_little_memory() -> None:
    ids = make_repetitive(500)
    worker = make_worker()
    tracemalloc.start()
    try:
        jobs_claim(worker_id=worker.id, job_ids=ids)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * MEGABYTE


def test_small_ones_are_counted_in_order_with_large_ones() -> None:
    """Also where they are older: the order is that of the ids asked for."""
    small = make_jobs(300)
    large = make_repetitive(40)
    claims = jobs_claim(worker_id=make_worker().id, job_ids=[*large[:30], *small, *large[30:]])
    assert claims.first_left == 334
    assert {one.id for one in claims} == {*small, *large[:34]}


def test_what_cannot_start_fills_no_claim() -> None:
    ids = make_repetitive(60)
    Job.objects.filter(id__in=ids[:30]).update(held_by="queue:default")
    claims = jobs_claim(worker_id=make_worker().id, job_ids=ids)
    assert {one.id for one in claims} == set(ids[30:])
    assert claims.first_left is None


def test_a_payload_larger_than_a_claim_comes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_claims, "CLAIM_PAYLOAD_BYTES", 1_000)
    first, second = make_repetitive(2)
    claims = jobs_claim(worker_id=make_worker().id, job_ids=[first, second])
    assert [one.id for one in claims] == [first]
    assert claims.first_left == 1


def test_what_is_left_takes_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_claims, "CLAIM_PAYLOAD_BYTES", 10)
    first, second = (
        make_job(type="tests.note_by_text", payload={"text": text}).id for text in ("ann", "ben")
    )
    assert len(jobs_claim(worker_id=make_worker().id, job_ids=[first, second])) == 1
    assert [key.job_id for key in ProcessedKey.objects.all()] == [first]
