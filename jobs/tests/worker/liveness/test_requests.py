"""People ask a worker to drain or to stop; it learns of it with a heartbeat."""

import pytest

from jobs.core.actor import Actor
from jobs.core.decision_errors import WorkerStopped
from jobs.models import Event, Worker
from jobs.models.worker import WorkerRequest
from jobs.services.serving import serving_now
from jobs.services.workers import worker_ask
from jobs.tests.factories import make_job, make_worker
from jobs.tests.open_pools import Bench
from jobs.tests.steps import lose

pytestmark = pytest.mark.django_db(transaction=True)

ANN = Actor("7", "ann")


@pytest.fixture
def worker() -> Worker:
    return make_worker()


def ask(worker: Worker, request: WorkerRequest) -> None:
    worker_ask(worker_id=worker.id, request=request, actor=ANN, reason="new kernel")


def test_a_heartbeat_brings_the_request_and_its_end_and_the_memory(worker: Worker) -> None:
    bench = Bench(worker)
    ask(worker, WorkerRequest.DRAIN)
    bench.heartbeat.beat()
    assert bench.requests.is_draining
    ask(worker, WorkerRequest.NONE)
    bench.heartbeat.beat()
    assert not bench.requests.is_draining
    assert not bench.stop.is_set()
    worker.refresh_from_db()
    assert (worker.rss_bytes or 0) > 1_000_000


def test_a_request_to_stop_stops_the_worker(worker: Worker) -> None:
    bench = Bench(worker)
    ask(worker, WorkerRequest.STOP)
    bench.heartbeat.beat()
    assert bench.stop.is_set()


def test_a_worker_that_drains_takes_nothing_and_gives_back_what_has_not_begun(
    worker: Worker,
) -> None:
    bench = Bench(worker)
    first = make_job()
    bench.fetcher.tick()
    assert bench.claimed_ids == [first.id]
    ask(worker, WorkerRequest.DRAIN)
    bench.heartbeat.beat()
    second = make_job()
    bench.paused.refresh()
    bench.fetcher.tick()
    assert bench.claimed_ids == []
    ask(worker, WorkerRequest.NONE)
    bench.heartbeat.beat()
    bench.paused.refresh()
    bench.fetcher.tick()
    bench.fetcher.tick()
    assert set(bench.claimed_ids) == {first.id, second.id}


def test_a_worker_that_drains_serves_no_queue(worker: Worker) -> None:
    assert serving_now().missing_for("default", "tests.note") is None
    ask(worker, WorkerRequest.DRAIN)
    assert serving_now().missing_for("default", "tests.note") is not None


def test_a_worker_that_was_declared_dead_still_drains(worker: Worker) -> None:
    bench = Bench(worker)
    ask(worker, WorkerRequest.DRAIN)
    lose(worker)
    bench.heartbeat.beat()
    successor = Worker.objects.get(stopped_at__isnull=True)
    assert (successor.request, successor.requested_by) == (WorkerRequest.DRAIN, "ann")


def test_each_request_is_written_down_once(worker: Worker) -> None:
    for request in (WorkerRequest.DRAIN, WorkerRequest.DRAIN, WorkerRequest.STOP):
        ask(worker, request)
    events = Event.objects.about("worker", worker.id)
    assert [one.action for one in events] == ["worker.asked_to_stop", "worker.drained"]
    assert {(one.actor_name, one.reason) for one in events} == {("ann", "new kernel")}


def test_nothing_can_be_asked_of_a_worker_that_has_stopped(worker: Worker) -> None:
    lose(worker)
    with pytest.raises(WorkerStopped):
        ask(worker, WorkerRequest.STOP)
    assert not Event.objects.exists()
