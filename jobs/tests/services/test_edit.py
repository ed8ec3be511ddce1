"""A job that has not started can be edited; what Redis knows of it follows."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.broker.redis import RedisBroker
from jobs.core.actor import Actor
from jobs.core.errors import JobHasStarted, PayloadInvalid, UnknownQueue
from jobs.core.outcome import Failed, NotStarted
from jobs.core.secrets import MASK
from jobs.core.states import JobState
from jobs.models import Event, Job, KeyWait, ProcessedKey, Worker
from jobs.services.cancel import job_cancel
from jobs.services.dead_letters import dead_letter_replay
from jobs.services.edit import JobChanges, job_edit
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.maintenance.promote import jobs_promote_due
from jobs.tests.factories import make_job, make_worker
from jobs.tests.open_pools import Bench
from jobs.tests.steps import claim_one, die, error, record, stored, succeed
from jobs.tests.violations import by_text

pytestmark = pytest.mark.django_db(transaction=True)

ANN = Actor("7", "ann")


def edit(job: Job, **changes: Any) -> Job:
    return job_edit(job_id=job.id, changes=JobChanges(**changes), actor=ANN, reason="why")


def lists(broker: RedisBroker, *queues: str) -> list[tuple[str, int]]:
    """Where the entries of these queues lie, in the order in which they come out."""
    fetched = broker.fetch(queues or ("default", "bulk"), 99)
    return [(one.message.queue, one.message.priority) for one in fetched]


def test_what_is_given_is_changed_and_the_rest_stays() -> None:
    job = make_job(payload={"text": "a", "secret": "hush"})
    edited = edit(job, priority=9, queue="bulk")
    row = stored(job)
    assert (row.priority, row.queue) == (9, "bulk") == (edited.priority, edited.queue)
    assert (row.payload, row.run_at, row.attempt) == (job.payload, job.run_at, 0)


def test_the_event_has_what_was_and_what_is_without_secrets() -> None:
    job = make_job(payload={"text": "a", "secret": "hush"})
    edit(job, payload={"text": "b", "secret": "psst"}, priority=5)
    event = Event.objects.about("job", job.id).get()
    assert (event.action, event.actor_name, event.reason) == ("job.edited", "ann", "why")
    assert set(event.before) == set(event.after) == {"payload"}
    assert (event.before["payload"]["text"], event.after["payload"]["text"]) == ("a", "b")
    assert "hush" not in str(event.before)
    assert "psst" not in str(event.after)
    assert stored(job).payload["secret"] == "psst"


def test_a_secret_that_comes_back_masked_is_kept() -> None:
    job = make_job(payload={"text": "a", "secret": "hush"})
    edit(job, payload={"text": "b", "secret": MASK})
    kept = stored(job).payload
    assert (kept["text"], kept["secret"]) == ("b", "hush")


def test_a_delayed_job_can_run_at_once(broker: RedisBroker) -> None:
    job = make_job(delay_seconds=3_600)
    edit(job, delay_seconds=0.0)
    assert stored(job).run_at <= timezone.now()
    assert lists(broker) == [("default", 5)]
    assert broker.depth(["default"]).delayed == 0


def test_a_ready_job_can_be_put_off(broker: RedisBroker, worker: Worker) -> None:
    job = make_job()
    run_at = timezone.now() + timedelta(hours=1)
    edit(job, run_at=run_at)
    bench = Bench(worker)
    bench.fetcher.tick()  # meets the entry that was there before
    assert bench.claimed_ids == []
    assert stored(job).run_at == run_at
    assert broker.depth(["default"]).delayed == 1


@pytest.mark.parametrize("changes", [{"queue": "bulk"}, {"priority": 1}])
def test_a_former_entry_runs_nothing(
    broker: RedisBroker, worker: Worker, changes: dict[str, Any]
) -> None:
    """A worker of the former queue must not run it, nor one before what is more urgent by now."""
    job, other = make_job(), make_job()
    edit(job, **changes)
    bench = Bench(worker)
    bench.pools.capacity = 2
    bench.fetcher.tick()
    assert bench.claimed_ids == [other.id]
    row = stored(job)
    assert (row.state, row.failures, row.crashes) == (JobState.QUEUED, 0, 0)
    assert len(bench.inflight) == 1
    assert set(lists(broker)) == {(row.queue, row.priority)}


def test_it_runs_from_its_new_list(worker: Worker) -> None:
    job = make_job()
    edit(job, queue="bulk", priority=1)
    bench = Bench(worker, ("bulk",))
    bench.fetcher.tick()
    assert bench.claimed_ids == [job.id]


def test_a_delayed_entry_of_the_former_queue_runs_nothing(worker: Worker) -> None:
    job = make_job(delay_seconds=0.01)
    edit(job, queue="bulk")
    while not jobs_promote_due().count:
        pass
    bench = Bench(worker)
    bench.fetcher.tick()
    assert bench.claimed_ids == []
    assert stored(job).state == JobState.QUEUED


def started(job: Job) -> None:
    claim_one(job)


def failed(job: Job) -> None:
    record(claim_one(job), Failed(error()))


def replayed(job: Job) -> None:
    dead_letter_replay(dead_letter_id=die(job).id, resolved_by_id=None)


def cancelled(job: Job) -> None:
    job_cancel(job_id=job.id)


@pytest.mark.parametrize("begin", [started, failed, replayed, succeed, cancelled])
def test_what_has_started_or_ended_is_left_alone(begin: Any) -> None:
    job = make_job()
    begin(job)
    with pytest.raises(JobHasStarted):
        edit(job, priority=9)
    assert stored(job).priority == 5
    assert not Event.objects.filter(action="job.edited").exists()


def test_a_claim_that_was_given_back_is_no_start() -> None:
    job = make_job()
    assert record(claim_one(job), NotStarted()).written
    edit(job, priority=9)
    assert stored(job).priority == 9


def test_what_does_not_fit_changes_nothing() -> None:
    job = make_job()
    for changes, refusal in (
        ({"payload": {}}, PayloadInvalid),
        ({"queue": "nowhere"}, UnknownQueue),
    ):
        with pytest.raises(refusal):
            edit(job, priority=9, **changes)
    assert stored(job).priority == 5


def test_a_new_payload_may_mean_another_effect_key() -> None:
    first, second = by_text(), by_text()
    key = first.effect_key
    assert record(claim_one(first), NotStarted()).written  # it owns the key since
    assert ProcessedKey.objects.filter(key=key, job_id=first.id).exists()
    jobs_resolve_key_conflicts(job_ids=[second.id])
    assert stored(second).run_at > timezone.now()
    edit(first, payload={"text": "another"})
    assert stored(first).effect_key != key
    assert not ProcessedKey.objects.filter(key=key).exists()
    assert stored(second).run_at <= timezone.now()  # woken
    claim_one(second)
    claim_one(first)


def test_a_deferred_job_with_another_key_waits_no_longer() -> None:
    first, second = by_text(), by_text()
    claim_one(first)
    jobs_resolve_key_conflicts(job_ids=[second.id])
    edit(second, payload={"text": "another"})
    assert not KeyWait.objects.exists()
    claim_one(second)


@pytest.fixture
def worker() -> Worker:
    return make_worker()
