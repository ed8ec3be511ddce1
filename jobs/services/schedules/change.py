"""Schedules are made, changed, paused, resumed and deleted; each is an event."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from jobs.core.actor import CODE, Actor
from jobs.core.errors import ScheduleDeclared, ScheduleNameTaken
from jobs.core.schedule_spec import ScheduleSpec
from jobs.models import Schedule
from jobs.services.events import event_record
from jobs.services.masking import masked_payload, unmasked_payload
from jobs.services.schedules.spec import check_may_go_on, check_spec, spec_of, spec_shown
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts
from jobs.sql.statements import database_now

SUBJECT = "schedule"

Check = Callable[[Schedule], None]


@repeats_conflicts
def schedule_create(
    *,
    spec: ScheduleSpec,
    paused: bool = False,
    actor: Actor = CODE,
    created_by_id: Any = None,
) -> Schedule:
    """Makes a schedule, which fires from now on, and returns it.

    `created_by_id`: the user who is the client of its jobs; None for Django code.
    Raises ScheduleInvalid, ScheduleNameTaken, and what `job_enqueue` raises for a job of that type,
    payload and queue.
    """
    with short_transaction():
        now = database_now()
        check_spec(spec, now)
        fires_at = spec.rule.first_fire_after(now)
        schedule = Schedule(
            **spec.columns,
            paused=paused,
            created_by_id=created_by_id,
            next_fire_at=fires_at,
            due_at=fires_at,
        )
        _save(schedule)
        _record("schedule.created", schedule, actor, after={**spec_shown(spec), "paused": paused})
        schedule.refresh_from_db()
    return schedule


@repeats_conflicts
def schedule_change(
    *,
    schedule_id: UUID,
    changes: Mapping[str, Any],
    actor: Actor = CODE,
    reason: str = "",
    check: Check | None = None,
) -> Schedule:
    """Changes fields of a `ScheduleSpec`, and `paused`; returns the schedule as it is then.

    A new `cron` takes the place of `every_seconds`, and the other way round. If when it fires is
    changed, it fires by the new rule from now on; fire times of the old one that are due make no
    job any more. What was wrong with it counts as mended. A sensitive field of the payload that
    comes masked, as it was shown, keeps its value; with another `type` only if that masks it too.
    `check` gets the locked row before anything is changed, and refuses the change by raising.

    Raises ScheduleDeclared, ScheduleInvalid, ScheduleNameTaken, Schedule.DoesNotExist, and what
    `job_enqueue` raises for a job of that type, payload and queue.
    """
    wanted = dict(changes)
    paused = wanted.pop("paused", None)
    with short_transaction():
        schedule = _locked(schedule_id, check)
        before = spec_of(schedule)
        after = _changed(before, wanted)
        if after != before:
            _refuse_declared(schedule)
            now = database_now()
            check_spec(after, now)
            _apply(schedule, before, after, now)
            _record_change(schedule, before, after, actor, reason)
        if paused is not None:
            _set_paused(schedule, paused, actor, reason)
        schedule.refresh_from_db()
    return schedule


def schedule_pause(*, schedule_id: UUID, actor: Actor = CODE, reason: str = "") -> Schedule:
    """The schedule does not fire until it is resumed; does nothing if it is paused.

    Raises Schedule.DoesNotExist.
    """
    return schedule_change(
        schedule_id=schedule_id, changes={"paused": True}, actor=actor, reason=reason
    )


def schedule_resume(*, schedule_id: UUID, actor: Actor = CODE, reason: str = "") -> Schedule:
    """The schedule fires again, from now on: fire times in the pause are not missed, but left out.

    Raises SubmissionNotAllowed, Schedule.DoesNotExist.
    """
    return schedule_change(
        schedule_id=schedule_id, changes={"paused": False}, actor=actor, reason=reason
    )


@repeats_conflicts
def schedule_delete(
    *, schedule_id: UUID, actor: Actor = CODE, reason: str = "", check: Check | None = None
) -> None:
    """Deletes a schedule. Jobs that it has made stay, and run. `check`: as in `schedule_change`.

    Raises ScheduleDeclared, Schedule.DoesNotExist.
    """
    with short_transaction():
        schedule = _locked(schedule_id, check)
        _refuse_declared(schedule)
        before = {**spec_shown(spec_of(schedule)), "paused": schedule.paused}
        _record("schedule.deleted", schedule, actor, reason=reason, before=before)
        schedule.delete()


def _locked(schedule_id: UUID, check: Check | None) -> Schedule:
    schedule = Schedule.objects.select_for_update().get(id=schedule_id)
    if check is not None:
        check(schedule)
    return schedule


def _refuse_declared(schedule: Schedule) -> None:
    if schedule.declared_in and not Schedule.objects.filter(id=schedule.id).orphaned().exists():
        raise ScheduleDeclared(schedule.name, schedule.declared_in)


def _changed(spec: ScheduleSpec, wanted: dict[str, Any]) -> ScheduleSpec:
    if wanted.get("cron") is not None:
        wanted.setdefault("every_seconds", None)
    if wanted.get("every_seconds") is not None:
        wanted.setdefault("cron", None)
    if "payload" in wanted or "type" in wanted:
        shown = masked_payload(spec.type, dict(spec.payload))
        wanted["payload"] = unmasked_payload(
            spec.type, wanted.get("payload", shown), spec.payload, becomes=wanted.get("type")
        )
    return spec._replace(**wanted)


def _apply(schedule: Schedule, before: ScheduleSpec, after: ScheduleSpec, now: datetime) -> None:
    for name, value in after.columns.items():
        setattr(schedule, name, value)
    schedule.failures, schedule.error = 0, ""
    if after.rule != before.rule:
        move_to(schedule, after.rule.first_fire_after(now))
    else:
        schedule.due_at = schedule.next_fire_at
    if schedule.declared_in:  # by code that no worker has any more: people have taken it over
        schedule.declared_in, schedule.declared_at = "", None
    _save(schedule)


def _set_paused(schedule: Schedule, paused: bool, actor: Actor, reason: str) -> None:
    if schedule.paused == paused:
        return
    schedule.paused = paused
    if not paused:
        check_may_go_on(schedule)
        now = database_now()
        begin = schedule.rule.begins_after(now)
        move_to(schedule, schedule.rule.within(schedule.recurrence.after(begin)))
    _save(schedule)
    action = "schedule.paused" if paused else "schedule.resumed"
    _record(
        action,
        schedule,
        actor,
        reason=reason,
        before={"paused": not paused},
        after={"paused": paused},
    )


def move_to(schedule: Schedule, fires_at: datetime | None) -> None:
    """Sets when the schedule fires next; None: never again. The caller saves it."""
    schedule.next_fire_at = schedule.due_at = fires_at
    schedule.held_since = None


def _save(schedule: Schedule) -> None:
    try:
        with transaction.atomic():
            schedule.save()
    except IntegrityError as error:
        if Schedule.objects.filter(name=schedule.name).exclude(id=schedule.id).exists():
            raise ScheduleNameTaken(schedule.name) from error
        raise


def _record_change(
    schedule: Schedule, before: ScheduleSpec, after: ScheduleSpec, actor: Actor, reason: str
) -> None:
    """An event with the fields that have changed."""
    old, new = spec_shown(before), spec_shown(after)
    names = [
        name
        for name, one, other in zip(ScheduleSpec._fields, before, after, strict=True)
        if one != other
    ]
    _record(
        "schedule.changed",
        schedule,
        actor,
        reason=reason,
        before={name: old[name] for name in names},
        after={name: new[name] for name in names},
    )


def _record(action: str, schedule: Schedule, actor: Actor, **fields: Any) -> None:
    event_record(action=action, subject_type=SUBJECT, subject_id=schedule.id, actor=actor, **fields)
