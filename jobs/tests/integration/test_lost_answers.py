"""PostgreSQL has committed, or not, and the worker never learns which: no job may stay behind."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from jobs.claim import ClaimedJob
from jobs.clock import SystemClock
from jobs.models import Job
from jobs.outage import ledger_outage
from jobs.outcome import Failed
from jobs.services.idempotency import jobs_settle_contested
from jobs.services.lifecycle import Finished, jobs_claim
from jobs.services.recovery import jobs_disown
from jobs.states import DeathReason, JobState
from jobs.tests.factories import make_job, make_worker
from jobs.tests.integration.steps import claim_one, error, start_one, stored
from jobs.worker import fetcher as fetcher_module
from jobs.worker.fetcher import Fetcher
from jobs.worker.heartbeat import Heartbeat
from jobs.worker.inflight import Inflight
from jobs.worker.lease import Lease
from jobs.worker.recorder import Recorder

pytestmark = pytest.mark.django_db(transaction=True)

WORKER_TIMEOUT_SECONDS = 30.0


class OpenLanes:
    """Takes every claim and runs none."""

    def __init__(self) -> None:
        self.claims: list[ClaimedJob] = []

    def submit(self, claims: list[ClaimedJob]) -> None:
        self.claims += claims

    def wait_for_room(self, timeout_seconds: float, *, look_ahead: bool) -> int:
        return 10

    def is_hoarding(self) -> bool:
        return False

    def take_back(self) -> list[ClaimedJob]:
        return []


@pytest.fixture
def lanes() -> OpenLanes:
    return OpenLanes()


@pytest.fixture
def fetcher(lanes: OpenLanes) -> Fetcher:
    """A real fetcher before lanes that keep what they get."""
    clock = SystemClock()
    lease = Lease(make_worker(), WORKER_TIMEOUT_SECONDS, clock)
    return Fetcher(
        queues=["default"],
        lease=lease,
        heartbeat=Heartbeat(lease, clock),
        lanes=lanes,  # type: ignore[arg-type]
        inflight=Inflight(),
        clock=clock,
        stop=threading.Event(),
    )


def cut_off_after(service: Callable[..., Any]) -> Callable[..., Any]:
    """The service does its work, and its answer is lost."""

    def call(**arguments: Any) -> None:
        service(**arguments)
        raise OperationalError("server closed the connection unexpectedly")

    return call


def is_in_good_hands(job: Job, lanes: OpenLanes) -> bool:
    """Back in the queue, or about to run."""
    return stored(job).state == JobState.QUEUED or job.id in {claim.id for claim in lanes.claims}


def test_a_claim_whose_answer_was_lost_is_given_back(
    fetcher: Fetcher, lanes: OpenLanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job()
    with monkeypatch.context() as patch:
        patch.setattr(fetcher_module, "jobs_claim", cut_off_after(jobs_claim))
        fetcher.step()
    assert stored(job).state == JobState.RUNNING
    ledger_outage.ended()  # the recorder has written something on its own connection
    make_job()
    fetcher.step()
    fetcher.step()
    assert is_in_good_hands(job, lanes)


def test_claims_run_although_settling_the_others_failed(
    fetcher: Fetcher, lanes: OpenLanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim_one(make_job(type="tests.note_by_text", payload={"text": "same"}))
    make_job(type="tests.note_by_text", payload={"text": "same"})
    free = make_job()
    with monkeypatch.context() as patch:
        cut_off = cut_off_after(jobs_settle_contested)
        patch.setattr(fetcher_module, "jobs_settle_contested", cut_off)
        fetcher.step()
    fetcher.step()
    assert is_in_good_hands(free, lanes)


def test_a_started_attempt_that_its_worker_has_forgotten_is_not_repeated() -> None:
    worker = make_worker()
    job = make_job(type="tests.note_once")
    start_one(job, worker)
    jobs_disown(worker_id=worker.id, known_ids=set())
    assert stored(job).state == JobState.DEAD
    assert job.dead_letters.get().reason == DeathReason.INTERRUPTED


def test_an_outcome_that_cannot_be_stored_does_not_leave_the_job_running() -> None:
    job, other = make_job(), make_job()
    claims = [claim_one(job), claim_one(other)]
    unstorable = Failed(error() | {"message": "\x00"})
    recorder = Recorder(Inflight(), SystemClock())
    recorder.start()
    recorder.add(Finished(claims[0], unstorable))
    recorder.add(Finished(claims[1], Failed(error())))
    assert recorder.stop(20)
    assert stored(other).state == JobState.QUEUED
    assert stored(job).state == JobState.QUEUED
