"""A transaction that has an effect key, and does not end, holds up only the jobs of that key."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from jobs.broker.redis import RedisBroker
from jobs.core.outage import database_outage
from jobs.core.states import JobState
from jobs.models import Job, KeyWait, ProcessedKey, Worker
from jobs.tests.factories import make_job
from jobs.tests.locks import held_elsewhere
from jobs.tests.open_pools import Bench
from jobs.tests.steps import claim_one, stored
from jobs.tests.waiting import wait_until
from jobs.worker.fetching import claimer as claimer_module

pytestmark = pytest.mark.django_db(transaction=True)

SOON_SECONDS = 8.0


@pytest.fixture(autouse=True)
def sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claimer_module, "LATER_SECONDS", 0.5)


@pytest.fixture
def fetching(bench: Bench) -> Iterator[Bench]:
    bench.pools.capacity = 50
    yield bench
    bench.stop.set()
    bench.fetcher.join(20)


def keyed(text: str) -> Job:
    return make_job(type="tests.note_by_text", payload={"text": text})


def insert_key(job: Job) -> Callable[[], object]:
    return lambda: ProcessedKey.objects.create(key=job.effect_key, job_id=job.id)


def test_others_are_claimed_and_the_held_one_when_that_ends(
    fetching: Bench, broker: RedisBroker
) -> None:
    held, other, plain = keyed("held"), keyed("other"), make_job()
    with held_elsewhere(insert_key(held)):
        begun_at = time.monotonic()
        fetching.fetcher.start()
        wait_until(lambda: {other.id, plain.id} <= set(fetching.claimed_ids), timeout=SOON_SECONDS)
        assert stored(held).state == JobState.QUEUED
        late = make_job()
        wait_until(lambda: late.id in fetching.claimed_ids, timeout=SOON_SECONDS)
        assert time.monotonic() - begun_at < 2 * SOON_SECONDS
        assert not database_outage.is_on, "a lock is no outage"
    assert wait_for_claim(fetching, broker, held)


def wait_for_claim(fetching: Bench, broker: RedisBroker, job: Job) -> bool:
    """As a timer of the worker does, what is due is promoted."""

    def is_claimed() -> bool:
        broker.promote_due(10)
        return job.id in fetching.claimed_ids

    wait_until(is_claimed, timeout=SOON_SECONDS)
    return True


def test_what_must_be_resolved_and_is_locked_holds_up_no_other(
    fetching: Bench, worker: Worker
) -> None:
    """Both wait for their keys' owners; the note that the first one waits is held elsewhere."""
    claim_one(keyed("a"), worker)
    claim_one(keyed("b"), worker)
    first, second = keyed("a"), keyed("b")
    KeyWait.objects.create(job_id=first.id, key=first.effect_key, until=first.run_at)
    with held_elsewhere(lambda: KeyWait.objects.select_for_update().get(job_id=first.id)):
        fetching.fetcher.start()
        plain = make_job()
        wait_until(lambda: plain.id in fetching.claimed_ids, timeout=SOON_SECONDS)
        wait_until(lambda: KeyWait.objects.filter(job_id=second.id).exists(), timeout=SOON_SECONDS)
    assert threading.active_count() < 50
