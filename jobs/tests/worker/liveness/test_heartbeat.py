"""A heartbeat renews the lease; a worker that was declared dead goes on under a new row."""

import threading
from uuid import UUID

import pytest

from jobs.core.clock import HOUR_SECONDS
from jobs.core.outage import database_outage
from jobs.models import Worker
from jobs.models.moments import seconds_ago
from jobs.services.workers import Heard, worker_heartbeat
from jobs.tests.factories import make_worker
from jobs.tests.fake_clock import FakeClock
from jobs.tests.steps import lose, silence
from jobs.tests.threads import at_once
from jobs.worker.liveness import heartbeat as heartbeat_module
from jobs.worker.liveness.heartbeat import Heartbeat
from jobs.worker.liveness.lease import Lease

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_a_heartbeat_renews_the_lease(clock: FakeClock) -> None:
    worker = make_worker()
    lease = Lease(worker, 30.0, clock)
    silence(worker)
    clock.now += 29
    Heartbeat(lease, clock).beat()
    clock.now += 29
    assert lease.is_held
    assert lease.worker == worker
    worker.refresh_from_db()
    assert worker.heartbeat_at >= worker.started_at


@pytest.mark.parametrize("name", ["mailer", None])
def test_a_worker_that_was_declared_dead_goes_on_under_a_new_row(
    name: str | None, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    former = make_worker(name=name, queues=["emails"], concurrency=7)
    lease = Lease(former, 30.0, clock)
    clock.now += HOUR_SECONDS  # frozen
    lose(former)
    assert not lease.is_held
    Heartbeat(lease, clock).beat()
    successor = lease.worker
    assert successor.id != former.id
    assert successor.name == (name or successor.default_name)
    assert (successor.queues, successor.concurrency) == (["emails"], 7)
    assert lease.is_held
    assert worker_heartbeat(worker_id=successor.id)
    former.refresh_from_db()
    assert former.stopped_at is not None
    assert "had been declared dead" in caplog.text


def test_a_heartbeat_that_comes_through_ends_an_outage(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    database_outage.failed(ConnectionError("gone"))
    Heartbeat(Lease(make_worker(), 30.0, clock), clock).beat()
    assert not database_outage.is_on
    assert "PostgreSQL is back" in caplog.text


def test_two_threads_that_find_the_row_closed_register_once(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The heartbeat's own, and the fetcher that could claim nothing."""
    former = make_worker()
    heartbeat = Heartbeat(Lease(former, 30.0, clock), clock)
    lose(former)
    both_know = threading.Barrier(2)

    def find_out(*, worker_id: UUID, rss_bytes: int) -> Heard | None:
        heard = worker_heartbeat(worker_id=worker_id, rss_bytes=rss_bytes)
        both_know.wait(20)
        return heard

    monkeypatch.setattr(heartbeat_module, "worker_heartbeat", find_out)
    at_once(heartbeat.beat, heartbeat.beat)
    assert Worker.objects.filter(stopped_at__isnull=True).count() == 1


def test_a_worker_whose_database_clock_was_set_ahead_declares_no_worker_dead_at_once(
    clock: FakeClock,
) -> None:
    worker = make_worker()
    lease = Lease(worker, 30.0, clock)
    heartbeat = Heartbeat(lease, clock)
    for _ in range(3):
        heartbeat.beat()
        clock.now += 5
    assert lease.steadily_heard_at(10.0) is not None
    Worker.objects.filter(id=worker.id).update(heartbeat_at=seconds_ago(HOUR_SECONDS))
    lease._heard_at = Worker.objects.get().heartbeat_at  # as if an hour had gone by over there
    heartbeat.beat()
    assert lease.steadily_heard_at(10.0) is None
