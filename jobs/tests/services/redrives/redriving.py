"""Redrives for tests, and rounds of them without waiting."""

from datetime import timedelta
from typing import Any

from django.db.models import F

from jobs.core.outcome import FailedForGood, Succeeded
from jobs.core.selection import Selection
from jobs.core.states import JobState
from jobs.models import DeadLetter, Job, Redrive
from jobs.services.maintenance.redrive import jobs_redrive
from jobs.services.redrives import redrive_start
from jobs.tests.factories import make_job
from jobs.tests.steps import claim_one, die, error, record

ALL = Selection()


def dead(count: int, **fields: Any) -> list[DeadLetter]:
    """Dead letters, of jobs that died in this order."""
    return [die(make_job(**fields)) for _ in range(count)]


def start(selection: Selection = ALL, **said: Any) -> Redrive:
    """A redrive with a rate that is no limit, unless `said` names one."""
    return redrive_start(selection=selection, **{"rate": 1_000.0, **said})


def go_on(redrive: Redrive, seconds: float = 1.0, rounds: int = 1) -> Redrive:
    """Rounds, before each of which so much time has passed for the rate. Returns it as it is."""
    for _ in range(rounds):
        Redrive.objects.filter(id=redrive.id).update(
            paced_at=F("paced_at") - timedelta(seconds=seconds)
        )
        jobs_redrive()
    return now(redrive)


def now(redrive: Redrive) -> Redrive:
    """The redrive as PostgreSQL has it."""
    return Redrive.objects.get(id=redrive.id)


def end_queued(*, failing: bool = False) -> int:
    """All queued jobs are run, and end; returns how many."""
    jobs = list(Job.objects.filter(state=JobState.QUEUED).order_by("id"))
    for job in jobs:
        outcome = FailedForGood(error()) if failing else Succeeded()
        assert record(claim_one(job), outcome).written
    return len(jobs)


def resolutions() -> list[str]:
    """Of all dead letters, in their order."""
    return list(DeadLetter.objects.order_by("id").values_list("resolution", flat=True))
