"""PostgreSQL has committed, or not, and the worker never learns which: no job is left behind."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DataError, OperationalError

from jobs.core.outage import database_outage
from jobs.core.states import DeathReason, JobState
from jobs.models import Job
from jobs.models.moments import seconds_ago
from jobs.services.attempts import jobs_claim
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.maintenance.lost_claims import jobs_release_lost_claims
from jobs.tests.factories import make_job, make_worker
from jobs.tests.open_pools import Bench, OpenPools
from jobs.tests.steps import claim_one, start_one, stored
from jobs.worker.fetching import claimer, lost_claims
from jobs.worker.fetching.fetcher import Fetcher

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pools(bench: Bench) -> OpenPools:
    return bench.pools


@pytest.fixture
def fetcher(bench: Bench) -> Fetcher:
    return bench.fetcher


def cut_off_after(service: Callable[..., Any]) -> Callable[..., Any]:
    """The service does its work, and its reply is lost."""

    def call(**arguments: Any) -> None:
        service(**arguments)
        raise OperationalError("server closed the connection unexpectedly")

    return call


def is_in_good_hands(job: Job, pools: OpenPools) -> bool:
    """Back in the queue, or about to run."""
    return stored(job).state == JobState.QUEUED or job.id in {claim.id for claim in pools.claims}


def test_a_claim_whose_reply_was_lost_is_given_back(
    fetcher: Fetcher, pools: OpenPools, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job()
    with monkeypatch.context() as patch:
        patch.setattr(claimer, "jobs_claim", cut_off_after(jobs_claim))
        fetcher.tick()
    assert stored(job).state == JobState.RUNNING
    database_outage.ended()  # the recorder has written something on its own connection
    make_job()
    fetcher.tick()
    fetcher.tick()
    assert is_in_good_hands(job, pools)


def test_claims_run_although_resolving_key_conflicts_failed(
    fetcher: Fetcher, pools: OpenPools, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim_one(make_job(type="tests.note_by_text", payload={"text": "same"}))
    make_job(type="tests.note_by_text", payload={"text": "same"})
    free = make_job()
    with monkeypatch.context() as patch:
        cut_off = cut_off_after(jobs_resolve_key_conflicts)
        patch.setattr(claimer, "jobs_resolve_key_conflicts", cut_off)
        fetcher.tick()
    fetcher.tick()
    assert is_in_good_hands(free, pools)


def test_a_started_attempt_that_its_worker_has_forgotten_is_not_repeated() -> None:
    worker = make_worker()
    job = make_job(type="tests.note_once")
    start_one(job, worker)
    jobs_release_lost_claims(worker_id=worker.id, known=set())
    assert stored(job).state == JobState.DEAD
    assert job.dead_letters.get().reason == DeathReason.INTERRUPTED


def test_a_claim_that_was_committed_late_is_given_back(
    fetcher: Fetcher, pools: OpenPools, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, held = make_job(), make_job()
    fetcher.tick()
    [claim] = [claim for claim in pools.claims if claim.id == late.id]
    pools.claims.remove(claim)
    bench.inflight.remove([claim])  # as if it had never got the reply
    Job.objects.update(claimed_at=seconds_ago(60))
    pools.capacity = 0
    fetcher.tick()
    assert stored(late).state == JobState.RUNNING
    monkeypatch.setattr(lost_claims, "LOST_CLAIMS_SECONDS", 0.0)
    fetcher.tick()
    assert stored(late).state == JobState.QUEUED
    assert stored(held).state == JobState.RUNNING


def test_what_cannot_be_given_back_does_not_end_the_loop(
    fetcher: Fetcher, pools: OpenPools, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**arguments: object) -> int:
        raise DataError("cannot be written")

    monkeypatch.setattr(lost_claims, "LOST_CLAIMS_SECONDS", 0.0)
    monkeypatch.setattr(lost_claims, "jobs_release_lost_claims", refuse)
    job = make_job()
    fetcher.tick()
    assert is_in_good_hands(job, pools)
