"""A lock on what one outcome needs holds up no other, and the outcome is written when it ends."""

import time
from collections.abc import Callable, Iterator

import pytest

from accounts.models import User
from jobs.core.clock import SystemClock
from jobs.core.finished import Finished
from jobs.core.outage import database_outage
from jobs.core.outcome import FailedForGood, Outcome, Succeeded
from jobs.core.states import JobState
from jobs.models import DeadLetter, Job, ProcessedKey
from jobs.tests.factories import make_job, make_user
from jobs.tests.locks import held_elsewhere
from jobs.tests.steps import claim_one, error, stored
from jobs.tests.waiting import wait_until
from jobs.worker.inflight import Inflight
from jobs.worker.recording.recorder import Recorder

pytestmark = pytest.mark.django_db(transaction=True)

# One wait for a lock, one turn of one by one, and what a busy machine adds.
SOON_SECONDS = 6.0


@pytest.fixture
def inflight() -> Inflight:
    return Inflight()


@pytest.fixture
def recorder(inflight: Inflight) -> Iterator[Recorder]:
    recorder = Recorder(inflight, SystemClock(), lambda: None)
    recorder.start()
    yield recorder
    assert recorder.stop(20)


def attempts(inflight: Inflight, jobs: list[Job], outcome: Outcome) -> list[Finished]:
    claims = [claim_one(job) for job in jobs]
    inflight.add(claims)
    return [Finished(claim, outcome) for claim in claims]


def states(jobs: list[Job]) -> set[str]:
    return set(Job.objects.filter(id__in=[job.id for job in jobs]).values_list("state", flat=True))


def job_row(job: Job, user: User) -> Callable[[], object]:
    return lambda: Job.objects.select_for_update().get(id=job.id)


def user_row(job: Job, user: User) -> Callable[[], object]:
    return lambda: User.objects.select_for_update().get(id=user.id)


def key_row(job: Job, user: User) -> Callable[[], object]:
    return lambda: ProcessedKey.objects.select_for_update().get(job_id=job.id)


@pytest.mark.parametrize(
    ("take", "outcome", "state"),
    [
        (job_row, Succeeded(), JobState.SUCCEEDED),
        (key_row, Succeeded(), JobState.SUCCEEDED),
        (job_row, FailedForGood(error()), JobState.DEAD),
        (user_row, FailedForGood(error()), JobState.DEAD),
    ],
)
def test_a_lock_holds_up_only_what_needs_it_and_that_is_never_dropped(
    take: Callable[[Job, User], Callable[[], object]],
    outcome: Outcome,
    state: JobState,
    inflight: Inflight,
    recorder: Recorder,
) -> None:
    user = make_user()
    payload = {"text": "shared"}
    held = make_job(type="tests.note_by_text", payload=payload, submitted_by_id=user.id)
    others, later = [make_job() for _ in range(20)], [make_job() for _ in range(5)]
    finished = attempts(inflight, [held, *others], outcome)
    last = attempts(inflight, later, Succeeded())
    with held_elsewhere(take(held, user)):
        begun_at = time.monotonic()
        for one in finished:
            recorder.add(one)
        wait_until(lambda: states(others) == {state}, timeout=SOON_SECONDS)
        for one in last:
            recorder.add(one)
        wait_until(lambda: states(later) == {JobState.SUCCEEDED}, timeout=SOON_SECONDS)
        assert stored(held).state == JobState.RUNNING
        assert len(inflight) == 1
        assert not database_outage.is_on, "a lock is no outage"
        wait_until(lambda: time.monotonic() - begun_at > 3)
        assert stored(held).state == JobState.RUNNING
    wait_until(lambda: stored(held).state == state, timeout=SOON_SECONDS)
    wait_until(lambda: len(inflight) == 0)
    assert DeadLetter.objects.count() == (21 if state == JobState.DEAD else 0)


def test_a_stop_goes_on_trying(inflight: Inflight) -> None:
    recorder = Recorder(inflight, SystemClock(), lambda: None)
    recorder.start()
    held = make_job()
    [finished] = attempts(inflight, [held], Succeeded())
    with held_elsewhere(job_row(held, make_user())):
        recorder.add(finished)
        assert not recorder.stop(2.5)
    wait_until(lambda: stored(held).state == JobState.SUCCEEDED, timeout=SOON_SECONDS)
