"""Schedules for tests, and how time passes for them: rows are moved, nobody waits."""

import itertools
from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from jobs.core.schedule_spec import ScheduleSpec
from jobs.models import Job, Schedule
from jobs.models.moments import seconds_ago
from jobs.services.maintenance.fire_schedules import jobs_fire_schedules
from jobs.services.maintenance.round import run_rounds
from jobs.services.schedules import schedule_create

_numbers = itertools.count(1)


def spec(**fields: Any) -> ScheduleSpec:
    """A schedule of `tests.note` that fires each minute, unless `fields` say otherwise."""
    number = next(_numbers)
    known: dict[str, Any] = {
        "name": f"schedule{number}",
        "type": "tests.note",
        "payload": {"text": f"note{number}"},
    }
    if not {"cron", "every_seconds"} & fields.keys():
        known["every_seconds"] = 60
    return ScheduleSpec(**known | fields)


def make_schedule(**fields: Any) -> Schedule:
    """A schedule that was just made."""
    paused = fields.pop("paused", False)
    created_by_id = fields.pop("created_by_id", None)
    return schedule_create(spec=spec(**fields), paused=paused, created_by_id=created_by_id)


def make_due(schedule: Schedule, seconds: float = 0.0) -> datetime:
    """Its next fire time was that many seconds ago, to the microsecond; returns it."""
    rows = Schedule.objects.filter(id=schedule.id)
    rows.update(next_fire_at=seconds_ago(seconds))
    rows.update(due_at=F("next_fire_at"))
    return fires_at(stored(schedule))


def due_schedule(seconds: float = 0.0, **fields: Any) -> Schedule:
    """A schedule whose fire time was that many seconds ago."""
    schedule = make_schedule(**fields)
    make_due(schedule, seconds)
    return stored(schedule)


def look_again(schedule: Schedule) -> None:
    """The moment has come at which a worker looks again at one that was held or broken."""
    Schedule.objects.filter(id=schedule.id).update(due_at=Now())


def stored(schedule: Schedule) -> Schedule:
    return Schedule.objects.get(id=schedule.id)


def fires_at(schedule: Schedule) -> datetime:
    """When it fires next."""
    assert schedule.next_fire_at is not None
    return schedule.next_fire_at


def fire() -> int:
    """Fires what is due; returns how many jobs were made."""
    return sum(done.count for done in run_rounds(jobs_fire_schedules))


def jobs_of(schedule: Schedule) -> list[Job]:
    """The jobs that it has made, oldest first."""
    return list(Job.objects.filter(schedule_id=schedule.id).order_by("id"))
