"""Large payloads fill a claim: what is left goes back, and less is fetched the next time."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from jobs.broker.redis import RedisBroker
from jobs.core.key_rule import KeyConflict
from jobs.core.states import JobState
from jobs.models import Job, job_claims
from jobs.services import effect_keys
from jobs.tests.factories import make_job
from jobs.tests.open_pools import Bench
from jobs.tests.steps import stored
from jobs.worker.fetching.claim_size import ClaimSize

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim is full after three of the payloads below."""
    monkeypatch.setattr(job_claims, "CLAIM_PAYLOAD_BYTES", 3_000)


def make_large(count: int) -> list[Job]:
    return [make_job(payload={"text": "x" * 1_200}) for _ in range(count)]


def waiting(broker: RedisBroker) -> list[UUID]:
    """What lies in the list, in the order in which it would come out."""
    fetched = broker.fetch(["default"], 99)
    broker.push_back(fetched)
    return [one.message.job_id for one in fetched]


@pytest.mark.usefixtures("three_fit")
def test_what_is_left_goes_back_to_the_head_at_no_cost(bench: Bench, broker: RedisBroker) -> None:
    jobs = make_large(8)
    bench.fetcher.tick()
    assert set(bench.claimed_ids) == {job.id for job in jobs[:3]}
    assert waiting(broker) == [job.id for job in jobs[3:]]
    row = stored(jobs[3])
    assert (row.state, row.attempt, row.failures) == (JobState.QUEUED, 0, 0)
    assert len(bench.inflight) == 3


@pytest.mark.usefixtures("three_fit")
def test_it_keeps_its_stamp(bench: Bench, broker: RedisBroker) -> None:
    make_large(4)
    before = broker.fetch(["default"], 99)
    broker.push_back(before)
    bench.fetcher.tick()
    assert broker.fetch(["default"], 99) == before[3:]


@pytest.mark.usefixtures("three_fit")
def test_all_are_claimed_in_the_end_in_order(bench: Bench) -> None:
    jobs = make_large(8)
    for _ in range(3):
        bench.fetcher.tick()
    assert len(bench.claimed_ids) == 8
    for few in (slice(0, 3), slice(3, 6), slice(6, 8)):
        assert set(bench.claimed_ids[few]) == {job.id for job in jobs[few]}


@pytest.mark.usefixtures("three_fit")
def test_what_is_left_is_not_resolved(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what was tried is: here an entry whose job another worker has done."""
    asked: list[UUID] = []
    resolve = effect_keys._key_conflicts

    def note(job_ids: Sequence[UUID]) -> list[KeyConflict]:
        asked.extend(job_ids)
        return resolve(job_ids)

    monkeypatch.setattr(effect_keys, "_key_conflicts", note)
    jobs = make_large(6)
    Job.objects.filter(id=jobs[1].id).update(state=JobState.CANCELLED, finished_at=jobs[1].run_at)
    bench.fetcher.tick()
    assert set(bench.claimed_ids) == {jobs[0].id, jobs[2].id, jobs[3].id}
    assert asked == [jobs[1].id]


@pytest.mark.usefixtures("three_fit")
def test_what_is_large_is_not_claimed_ahead(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise one full claim after another would lie in memory."""
    ahead: list[bool] = []

    def capacity(timeout_seconds: float, *, look_ahead: bool) -> int:
        ahead.append(look_ahead)
        return 10

    monkeypatch.setattr(bench.pools, "wait_for_capacity", capacity)
    make_large(5)
    for _ in range(3):
        bench.fetcher.tick()
    assert ahead == [True, False, True]


def test_small_ones_are_claimed_at_once(bench: Bench, broker: RedisBroker) -> None:
    bench.pools.capacity = 50
    jobs = [make_job() for _ in range(50)]
    bench.fetcher.tick()
    assert set(bench.claimed_ids) == {job.id for job in jobs}
    assert waiting(broker) == []


@pytest.mark.django_db(False)
def test_as_few_are_fetched_as_fitted_and_twice_as_many_while_they_fit() -> None:
    size = ClaimSize()
    assert size.within(500) == 500
    size.tried(34, is_full=True)
    assert size.within(500) == 34
    assert size.within(10) == 10
    size.tried(10, is_full=False)  # says nothing about 34
    assert size.within(500) == 34
    for expected in (68, 136, 272, 500):
        size.tried(size.within(500), is_full=False)
        assert size.within(500) == expected
