"""Workers are killed amid a redrive; each dead letter is replayed once, at the rate at most."""

import signal
from functools import partial

from jobs.core.selection import Selection
from jobs.core.states import JobState, RedriveState
from jobs.models import DeadLetter, Job, Redrive
from jobs.services.redrives import redrive_start
from jobs.services.verification.database import database_checks
from jobs.tests.acceptance.processes import Service
from jobs.tests.conftest import Notes
from jobs.tests.factories import make_job
from jobs.tests.steps import die
from jobs.tests.violations import found
from jobs.tests.waiting import wait_until

LETTERS, RATE = 90, 20.0


def has_replayed(redrive: Redrive, count: int) -> bool:
    return Redrive.objects.get(id=redrive.id).replayed >= count


def test_workers_are_killed_amid_a_redrive(service: Service, notes: Notes) -> None:
    for number in range(LETTERS):
        die(make_job(payload={"text": f"{number}", "seconds": 3_600.0}))
    *victims, _ = service.workers(3)
    redrive = redrive_start(selection=Selection(), rate=RATE, changes={"seconds": 0.0})
    for number, victim in enumerate(victims, 1):  # each is killed with a part of it done
        wait_until(partial(has_replayed, redrive, number * LETTERS // 3))
        victim.signal(signal.SIGKILL)
        victim.wait()

    def is_settled() -> bool:
        return Redrive.objects.get(id=redrive.id).settled_at is not None

    wait_until(is_settled, 90)
    ended = Redrive.objects.get(id=redrive.id)
    assert ended.state == RedriveState.COMPLETED
    assert (ended.replayed, ended.succeeded, ended.pending) == (LETTERS, LETTERS, 0)
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == LETTERS
    assert set(notes.texts()) == {f"{number}" for number in range(LETTERS)}
    assert found(database_checks()) == {}
    resolved = DeadLetter.objects.values_list("resolved_at", flat=True)
    moments = sorted(one for one in resolved if one is not None)
    for begins in moments:
        in_a_second = [one for one in moments if 0 <= (one - begins).total_seconds() < 1.0]
        assert len(in_a_second) <= 2 * RATE  # a second, and what one turn may make up
