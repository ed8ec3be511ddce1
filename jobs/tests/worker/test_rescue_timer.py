"""A worker looks for what the dead have left, and asks nothing while nobody has died."""

import threading
from datetime import datetime

import pytest

from jobs.core.states import JobState
from jobs.models import Worker
from jobs.services.maintenance.rescue import RescueRound, jobs_rescue
from jobs.services.standing_work import StandingWork
from jobs.tests.factories import make_job, make_worker
from jobs.tests.fake_clock import FakeClock
from jobs.tests.steps import claim_one, lose, stored
from jobs.worker import rescue_timer
from jobs.worker.counts import Counts
from jobs.worker.liveness.lease import Lease
from jobs.worker.rescue_timer import RescueTimer

pytestmark = pytest.mark.django_db(transaction=True)

TIMEOUT_SECONDS = 30.0


@pytest.fixture
def worker() -> Worker:
    return make_worker()


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each look whether it was only at what has stopped lately."""
    made: list[bool] = []

    def noted(*, heard_at: datetime | None, lately: bool) -> RescueRound:
        made.append(lately)
        return jobs_rescue(heard_at=heard_at, lately=lately)

    monkeypatch.setattr(rescue_timer, "jobs_rescue", noted)
    return made


def timer_of(worker: Worker, clock: FakeClock, standing_work: StandingWork) -> RescueTimer:
    lease = Lease(worker, TIMEOUT_SECONDS, clock)
    return RescueTimer(lease, standing_work, Counts(), clock, threading.Event())


def test_it_looks_at_everything_once_in_a_timeout(worker: Worker, looks: list[bool]) -> None:
    clock = FakeClock()
    timer = timer_of(worker, clock, StandingWork())
    for _ in range(3):
        timer()
        clock.now += TIMEOUT_SECONDS / 2
    assert looks == [False, False]


def test_it_looks_at_once_when_a_worker_has_stopped(worker: Worker, looks: list[bool]) -> None:
    standing_work, stopped = StandingWork(), make_worker()
    timer = timer_of(worker, FakeClock(), standing_work)
    claim = claim_one(make_job(), stopped)
    timer()
    lose(stopped)
    standing_work.read()
    timer()
    assert looks == [False, True]
    assert stored(claim).state == JobState.QUEUED
