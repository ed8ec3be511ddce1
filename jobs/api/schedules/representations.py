"""What the calls about schedules answer. Sensitive payload fields are masked."""

from datetime import datetime
from typing import Any, NotRequired, TypedDict

from django.urls import reverse

from jobs.api.shared.etags import ETag, etag_of
from jobs.api.shared.moments import written, written_or_none
from jobs.core.fire_times import FireTime
from jobs.handlers.registry import job_types
from jobs.models import Schedule
from jobs.services.masking import masked_payload
from jobs.services.schedules import schedule_outlook


class FireTimeRepresentation(TypedDict):
    """A fire time: in UTC, by the schedule's clocks, and what their changes do to it."""

    utc: str
    local: str
    note: str | None


class ScheduleLinks(TypedDict):
    """Where a schedule and its jobs are, and what can be done next."""

    self: str
    jobs: str
    run: str
    pause: NotRequired[str]
    resume: NotRequired[str]


class ScheduleFacts(TypedDict):
    """A schedule: what was asked for, what that means, and how it goes."""

    id: str
    name: str
    type: str
    payload: dict[str, Any]
    cron: str | None
    every_seconds: float | None
    timezone: str
    queue: str | None
    priority: int | None
    missed: str
    overlap: str
    starts_at: str | None
    ends_at: str | None
    callback_url: str | None
    paused: bool
    description: str
    next_fire_times: list[str]
    next_fires: list[FireTimeRepresentation]
    last_fired_at: str | None
    held_since: str | None
    failures: int
    error: str | None
    declared_in: str | None
    created_by: str | None
    created_at: str


# What people change, and what says who may.
_ASKED_FOR = frozenset(
    (
        *("id", "name", "type", "payload", "cron", "every_seconds", "timezone", "queue"),
        *("priority", "missed", "overlap", "starts_at", "ends_at", "callback_url", "paused"),
        "declared_in",
    )
)


class ScheduleRepresentation(ScheduleFacts):
    """The facts of a schedule, and where to go on."""

    links: ScheduleLinks


def schedule_representation(schedule: Schedule, now: datetime) -> ScheduleRepresentation:
    """The schedule, as it looks `now`. Rows come with `created_by`."""
    return {**schedule_facts(schedule, now), "links": _links(schedule)}


def schedule_facts(schedule: Schedule, now: datetime) -> ScheduleFacts:
    """The schedule without links. Rows come with `created_by`."""
    outlook, every = schedule_outlook(schedule, now), schedule.every_seconds
    client, job_type = schedule.created_by, job_types.find(schedule.type)
    return {
        "id": str(schedule.pk),
        "name": schedule.name,
        "type": schedule.type,
        "payload": masked_payload(schedule.type, schedule.payload),
        "cron": schedule.cron or None,
        "every_seconds": int(every) if every is not None and every.is_integer() else every,
        "timezone": schedule.timezone,
        "queue": schedule.queue or (job_type.queue if job_type else None),
        "priority": schedule.priority,
        "missed": schedule.missed,
        "overlap": schedule.overlap,
        "starts_at": written_or_none(schedule.starts_at),
        "ends_at": written_or_none(schedule.ends_at),
        "callback_url": schedule.callback_url,
        "paused": schedule.paused,
        "description": outlook.description,
        "next_fire_times": [written(one.moment) for one in outlook.fire_times],
        "next_fires": [_fire_time(one) for one in outlook.fire_times],
        "last_fired_at": written_or_none(schedule.last_fired_at),
        "held_since": written_or_none(schedule.held_since),
        "failures": schedule.failures,
        "error": outlook.error or None,
        "declared_in": schedule.declared_in or None,
        "created_by": client.get_username() if client else None,
        "created_at": written(schedule.created_at),
    }


def schedule_etag(body: ScheduleRepresentation) -> ETag:
    """The ETag of a schedule as it is shown; an edit is of what was asked for."""
    record = {name: value for name, value in body.items() if name in _ASKED_FOR}
    return etag_of(record, {name: value for name, value in body.items() if name not in record})


def schedule_record_etag(schedule: Schedule) -> ETag:
    """The same for what was asked for alone, which is what edits compare."""
    facts = schedule_facts(schedule, schedule.created_at)
    return etag_of({name: value for name, value in facts.items() if name in _ASKED_FOR}, {})


def _fire_time(fire_time: FireTime) -> FireTimeRepresentation:
    return {
        "utc": written(fire_time.moment),
        "local": fire_time.local.isoformat(),
        "note": fire_time.note,
    }


def _links(schedule: Schedule) -> ScheduleLinks:
    links: ScheduleLinks = {
        "self": reverse("schedule", args=[schedule.pk]),
        "jobs": f"{reverse('jobs')}?schedule={schedule.pk}",
        "run": reverse("schedule-run", args=[schedule.pk]),
    }
    if schedule.paused:
        links["resume"] = reverse("schedule-resume", args=[schedule.pk])
    else:
        links["pause"] = reverse("schedule-pause", args=[schedule.pk])
    return links
