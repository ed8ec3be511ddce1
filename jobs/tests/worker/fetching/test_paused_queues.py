"""Paused queues: nothing is taken from them, and what was taken goes back to its place."""

import logging

import pytest
from django.db import OperationalError

from jobs.broker.redis import RedisBroker
from jobs.core.states import JobState
from jobs.models import Job, Worker
from jobs.services.queues import queue_pause, queue_resume
from jobs.services.standing_work import Standing, StandingWork
from jobs.tests.factories import make_job
from jobs.tests.open_pools import Bench
from jobs.tests.steps import stored
from jobs.tests.worker.fetching.waiting_broker import EmptyUntilWaitedFor
from jobs.worker.fetching import paused_queues as paused_queues_module
from jobs.worker.fetching import unstarted as unstarted_module

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bench(worker: Worker) -> Bench:
    return Bench(worker, ("default", "bulk"))


def ids_in(broker: RedisBroker, queue: str) -> list[object]:
    """The jobs in a list, in the order in which they will come out."""
    return [one.message.job_id for one in broker.fetch([queue], 99)]


def test_nothing_is_fetched_from_a_paused_queue(bench: Bench, broker: RedisBroker) -> None:
    first, second, other = make_job(queue="bulk"), make_job(queue="bulk"), make_job()
    queue_pause(name="bulk")
    bench.paused.refresh()
    bench.fetcher.tick()
    assert bench.claimed_ids == [other.id]
    bench.fetcher.tick()
    assert ids_in(broker, "bulk") == [first.id, second.id]


def test_a_worker_asks_less_often_while_it_has_nothing_to_give_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    read = StandingWork.read

    def noted(self: StandingWork) -> Standing:
        asked.append("read")
        return read(self)

    monkeypatch.setattr(StandingWork, "read", noted)
    monkeypatch.setattr(paused_queues_module, "IDLE_SECONDS", 1e9)
    bench.paused.keep_up()
    assert asked == []
    make_job()
    bench.fetcher.tick()  # something may have to be given back
    bench.paused.keep_up()
    assert asked == ["read"]


def test_a_worker_one_of_whose_queues_is_paused_keeps_asking(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_pause(name="bulk")
    bench.paused.refresh()
    monkeypatch.setattr(paused_queues_module, "IDLE_SECONDS", 1e9)
    queue_resume(name="bulk")
    bench.paused.keep_up()
    assert bench.paused.without(["default", "bulk"]) == ["default", "bulk"]


def test_an_idle_worker_asks_again_in_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    queue_pause(name="bulk")
    monkeypatch.setattr(paused_queues_module, "IDLE_SECONDS", 0.0)
    bench.paused.keep_up()
    assert bench.paused.without(["default", "bulk"]) == ["default"]


def test_a_worker_that_starts_knows_at_once(worker: Worker) -> None:
    queue_pause(name="bulk")
    make_job(queue="bulk")
    bench = Bench(worker, ("bulk",))
    bench.fetcher.tick()
    assert bench.claimed_ids == []


def test_after_the_pause_jobs_come_in_their_order(bench: Bench) -> None:
    jobs = [make_job(queue="bulk") for _ in range(3)]
    queue_pause(name="bulk")
    bench.paused.refresh()
    bench.fetcher.tick()
    queue_resume(name="bulk")
    bench.paused.refresh()
    bench.fetcher.tick()
    assert bench.claimed_ids == [job.id for job in jobs]


def test_what_was_claimed_and_did_not_begin_goes_back_to_its_place_at_no_cost(
    bench: Bench, broker: RedisBroker
) -> None:
    jobs = [make_job(queue="bulk") for _ in range(3)]
    other = make_job()
    bench.pools.capacity = 3
    bench.fetcher.tick()
    bench.fetcher.tick()
    last = make_job(queue="bulk")
    assert len(bench.claimed_ids) == 4
    queue_pause(name="bulk")
    bench.paused.refresh()
    assert bench.claimed_ids == [other.id]
    assert len(bench.inflight) == 1
    rows = [stored(job) for job in jobs]
    assert {(row.state, row.failures, row.crashes) for row in rows} == {(JobState.QUEUED, 0, 0)}
    assert ids_in(broker, "bulk") == [*[job.id for job in jobs], last.id]


def test_what_came_while_the_worker_waited_for_it_goes_back(
    bench: Bench, broker: RedisBroker
) -> None:
    """The pause is learned of between the start of the wait and its end."""

    def make_and_pause() -> None:
        make_job(queue="bulk")
        queue_pause(name="bulk")
        bench.paused.refresh()

    bench.fetcher._source._broker = EmptyUntilWaitedFor(broker, make_and_pause)
    bench.fetcher.tick()
    assert bench.claimed_ids == []
    assert ids_in(broker, "bulk") == [Job.objects.get().id]


@pytest.mark.usefixtures("redis_away")
def test_while_redis_is_away_the_pause_holds(worker: Worker) -> None:
    bench = Bench(worker, ("default", "bulk"))
    paused, other = make_job(queue="bulk"), make_job()
    queue_pause(name="bulk")
    bench.paused.refresh()
    bench.fetcher.tick()
    assert bench.claimed_ids == [other.id]
    queue_resume(name="bulk")
    bench.paused.refresh()
    bench.fetcher.tick()
    assert bench.claimed_ids == [other.id, paused.id]


def test_a_pause_survives_an_empty_redis(bench: Bench, broker: RedisBroker) -> None:
    queue_pause(name="bulk")
    broker.forget_everything()
    make_job(queue="bulk")
    bench.paused.refresh()
    bench.fetcher.tick()
    assert bench.claimed_ids == []


def test_with_every_queue_paused_the_loop_waits(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_pause(name="bulk")
    bench = Bench(worker, ("bulk",))
    waited: list[float] = []
    monkeypatch.setattr(bench.fetcher._clock, "wait", lambda stop, seconds: waited.append(seconds))
    bench.fetcher.tick()
    assert 0 < waited[0] <= 0.5


def test_pauses_of_other_queues_do_not_shorten_the_wait(worker: Worker) -> None:
    queue_pause(name="emails")
    bench = Bench(worker, ("default", "bulk"))
    assert bench.paused.without(["default", "bulk"]) == ["default", "bulk"]


def test_claims_stay_where_they_are_if_they_cannot_be_given_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(queue="bulk")
    bench.fetcher.tick()

    def refuse(claims: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(unstarted_module, "jobs_give_back", refuse)
    queue_pause(name="bulk")
    with pytest.raises(OperationalError):
        bench.paused.refresh()
    assert bench.claimed_ids == [job.id]
    assert len(bench.inflight) == 1


def test_a_pause_and_its_end_are_logged_once(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for decide in (queue_pause, queue_resume):
        decide(name="bulk")
        bench.paused.refresh()
        bench.paused.refresh()
    events = [getattr(one, "event", "") for one in caplog.records]
    assert [one for one in events if one.startswith("queue.")] == ["queue.paused", "queue.resumed"]
