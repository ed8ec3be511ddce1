"""Maintenance goes on where another transaction holds a row that one of many jobs needs."""

import time

import pytest

from accounts.models import User
from jobs.core.states import JobState
from jobs.models import Job, Worker
from jobs.services.maintenance.lost_claims import jobs_release_lost_claims
from jobs.services.maintenance.rescue import jobs_rescue
from jobs.tests.factories import make_job, make_user, make_worker
from jobs.tests.locks import held_elsewhere
from jobs.tests.steps import heard_now, lose, silence, start_one, stored

pytestmark = pytest.mark.django_db(transaction=True)

# Started attempts of this type become dead letters, which need the row of the user.
ONCE = "tests.note_once"


def begun(worker: Worker, users: list[User]) -> list[Job]:
    jobs = [make_job(type=ONCE, submitted_by_id=user.id) for user in users]
    for job in jobs:
        start_one(job, worker)
    return jobs


def test_jobs_are_rescued_although_the_user_of_one_is_locked() -> None:
    worker, locked = make_worker(), make_user()
    held, *others = begun(worker, [locked, make_user(), make_user()])
    lose(worker)
    with held_elsewhere(lambda: User.objects.select_for_update().get(id=locked.id)):
        begun_at = time.monotonic()
        assert jobs_rescue().count == len(others)
        assert time.monotonic() - begun_at < 6
        assert {stored(job).state for job in others} == {JobState.DEAD}
        assert stored(held).state == JobState.RUNNING
    assert jobs_rescue().count == 1
    assert stored(held).state == JobState.DEAD


def test_lost_claims_are_released_although_the_user_of_one_is_locked() -> None:
    worker, locked = make_worker(), make_user()
    held, other = begun(worker, [locked, make_user()])
    with held_elsewhere(lambda: User.objects.select_for_update().get(id=locked.id)):
        assert jobs_release_lost_claims(worker_id=worker.id, known=[]).count == 1
        assert stored(other).state == JobState.DEAD
    assert stored(held).state == JobState.RUNNING


def test_workers_are_declared_dead_although_the_row_of_one_is_locked(
    short_timeout: float,
) -> None:
    locked, other = make_worker(), make_worker()
    silence(locked)
    silence(other)
    with held_elsewhere(lambda: Worker.objects.select_for_update().get(id=locked.id)):
        jobs_rescue(heard_at=heard_now())
        other.refresh_from_db()
        assert other.stopped_at is not None
    locked.refresh_from_db()
    assert locked.stopped_at is None
