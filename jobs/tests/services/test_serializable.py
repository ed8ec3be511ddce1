"""With transactions serializable by default, conflicts between our statements cost nothing."""

import random
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from uuid import UUID

import pytest

from jobs.core.errors import JobAlreadyFinal
from jobs.core.finished import Finished
from jobs.core.outcome import Failed, Outcome, Succeeded
from jobs.core.states import JobState
from jobs.models import Job
from jobs.services.attempts import jobs_claim, jobs_record
from jobs.services.cancel import job_cancel
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.enqueue import job_enqueue
from jobs.services.maintenance.prune import jobs_prune
from jobs.services.workers import worker_heartbeat
from jobs.sql.contention import repeated
from jobs.sql.own_session import own_sessions
from jobs.tests.factories import make_job, make_worker
from jobs.tests.isolation import serializable_by_default
from jobs.tests.steps import error
from jobs.tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS, TURNS = 2, 10


@pytest.fixture(autouse=True)
def serializable() -> Iterator[None]:
    with serializable_by_default():
        yield


def be_a_client(seed: int) -> int:
    """Enqueues and cancels, in sessions as a project has them."""
    chance = random.Random(seed)
    for turn in range(TURNS):
        for number in range(4):
            job_enqueue(type="tests.note_by_text", payload={"text": f"{turn}-{number}"})
            job_enqueue(
                type="tests.note", payload={"text": "same"}, idempotency_key=f"{turn}-{number}"
            )
        cancel(chance.choice(repeated(queued_jobs)).id)
    return 0


def be_a_worker(seed: int, *, sets_sessions: bool) -> int:
    """Works on its part of the jobs; returns how many outcomes were written."""
    if sets_sessions:
        own_sessions()
    chance, me, written = random.Random(seed), make_worker(), 0
    for _ in range(TURNS * 2):
        fetched = [job.id for job in repeated(queued_jobs) if job.id.int % WORKERS == seed]
        claims = jobs_claim(worker_id=me.id, job_ids=fetched)
        jobs_resolve_key_conflicts(job_ids=fetched, worker_id=me.id)
        worker_heartbeat(worker_id=me.id)
        outcomes: list[Outcome] = [Succeeded(), Failed(error())]
        finished = [Finished(claim, chance.choice(outcomes)) for claim in claims]
        written += sum(one.written for one in jobs_record(finished=finished)) if finished else 0
        jobs_prune()
    return written


def queued_jobs() -> list[Job]:
    return list(Job.objects.filter(state=JobState.QUEUED).only("id")[:40])


def cancel(job_id: UUID) -> None:
    with suppress(JobAlreadyFinal):
        job_cancel(job_id=job_id)


@pytest.mark.parametrize("sets_sessions", [True, False], ids=["direct", "pooled"])
def test_clients_and_workers_never_see_a_conflict(sets_sessions: bool) -> None:
    """Behind a pooler whose role has no settings, repeating alone must do."""
    make_job()
    clients = [partial(be_a_client, seed) for seed in range(2)]
    workers = [partial(be_a_worker, i, sets_sessions=sets_sessions) for i in range(WORKERS)]
    assert sum(at_once(*clients, *workers)) > 0
    assert not Job.objects.filter(state=JobState.RUNNING).exists(), "an outcome was lost"
