"""A worker's row: registered, kept fresh by heartbeats, stopped."""

import os
import re
import socket
from datetime import timedelta

import pytest

from jobs.models import Worker
from jobs.services.maintenance.rescue import jobs_rescue
from jobs.services.workers import worker_heartbeat, worker_register, worker_stop
from jobs.tests.factories import make_worker
from jobs.tests.steps import heard_now, silence

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_row_says_who_it_is_and_what_it_serves() -> None:
    worker_register(name="mailer", queues=["emails", "bulk"], concurrency=7)
    row = Worker.objects.get()
    assert (row.name, row.queues, row.concurrency) == ("mailer", ["emails", "bulk"], 7)
    assert (row.hostname, row.pid) == (socket.gethostname(), os.getpid())
    assert row.started_at == row.heartbeat_at
    assert row.stopped_at is None


def test_without_a_name_it_gets_twelve_characters_of_its_own() -> None:
    workers = [make_worker() for _ in range(3)]
    assert len({worker.name for worker in workers}) == 3
    for worker in workers:
        assert re.fullmatch("[0-9a-f]{12}", worker.name)
        assert worker.id.hex.endswith(worker.name)


def test_two_may_have_the_same_name() -> None:
    assert make_worker(name="mailer").id != make_worker(name="mailer").id


def test_a_heartbeat_moves_the_row_by_the_clock_of_the_database() -> None:
    worker = make_worker()
    silence(worker)
    assert worker_heartbeat(worker_id=worker.id)
    row = Worker.objects.get()
    assert timedelta(0) <= row.heartbeat_at - row.started_at < timedelta(minutes=1)


def test_a_worker_that_was_declared_dead_cannot_come_back_under_the_same_row(
    short_timeout: float,
) -> None:
    worker = make_worker()
    silence(worker)
    jobs_rescue(heard_at=heard_now())
    before = Worker.objects.get()
    assert before.stopped_at is not None
    assert not worker_heartbeat(worker_id=worker.id)
    assert Worker.objects.get().heartbeat_at == before.heartbeat_at


def test_a_heartbeat_without_a_row_is_none() -> None:
    worker = make_worker()
    worker.delete()
    assert not worker_heartbeat(worker_id=worker.id)


def test_a_stop_is_written_once() -> None:
    worker = make_worker()
    worker_stop(worker_id=worker.id)
    stopped_at = Worker.objects.get().stopped_at
    assert stopped_at is not None
    worker_stop(worker_id=worker.id)
    assert Worker.objects.get().stopped_at == stopped_at


def test_a_heartbeat_says_when_it_was_by_the_clock_of_the_database() -> None:
    worker = make_worker()
    before = heard_now()
    heard = worker_heartbeat(worker_id=worker.id)
    assert heard is not None
    assert before <= heard.at <= heard_now()
    assert Worker.objects.get().heartbeat_at == heard.at
