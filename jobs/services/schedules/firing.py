"""What becomes of one schedule that is due: its next fire time, and the jobs that it makes."""

from datetime import UTC, datetime, timedelta

from jobs.core.conf import jobs_conf
from jobs.core.fire_rule import FireDecision, Missed, decide_fire
from jobs.core.new_job import NewJob
from jobs.core.recurrence import Recurrence
from jobs.core.schedule_move import ScheduleMove
from jobs.core.schedule_rule import in_utc
from jobs.models import Schedule
from jobs.services.enqueue.request import JobRequest
from jobs.services.enqueue.resolve import new_job
from jobs.services.schedules.run import broken_sentence

# How soon the last job of a schedule that is held is looked at again.
HELD_SECONDS = 1.0
# How soon a schedule is looked at again whose rule cannot be understood any more.
BROKEN_SECONDS = 60.0

_DAY = timedelta(days=1)


def move_of(schedule: Schedule, *, now: datetime, is_busy: bool) -> ScheduleMove:
    """Decides about a schedule that is due `now`, by the database's clock; never raises.

    `is_busy`: its last job is not final.
    """
    assert schedule.next_fire_at is not None
    seen = schedule.next_fire_at.astimezone(UTC)
    try:
        decision = _decide(schedule, seen, now, is_busy)
    except BaseException as error:  # noqa: BLE001 - whatever is wrong with it stops no other schedule
        return broken_move(schedule, now=now, error=error)
    following = decision.next_fire_at
    if decision.is_held:
        look_again_at = now + timedelta(seconds=HELD_SECONDS)
        return ScheduleMove(schedule.id, seen, following, look_again_at, is_held=True)
    try:
        new_jobs = [_new_job(schedule, fire_at) for fire_at in decision.fires]
    except BaseException as error:  # noqa: BLE001 - a serializer may raise anything, SystemExit too
        return ScheduleMove(
            schedule.id, seen, following, following, error=broken_sentence(schedule, error)
        )
    return ScheduleMove(
        schedule.id,
        seen,
        following,
        following,
        fired_at=decision.fires[-1] if decision.fires else None,
        new_jobs=new_jobs,
        skipped=decision.skipped,
    )


def broken_move(schedule: Schedule, *, now: datetime, error: BaseException) -> ScheduleMove:
    """For a schedule whose next fire time is not known: it is looked at again in a minute."""
    assert schedule.next_fire_at is not None
    look_again_at = now + timedelta(seconds=BROKEN_SECONDS)
    seen = schedule.next_fire_at
    return ScheduleMove(
        schedule.id, seen, seen, look_again_at, error=broken_sentence(schedule, error)
    )


def _decide(schedule: Schedule, seen: datetime, now: datetime, is_busy: bool) -> FireDecision:
    conf, recurrence = jobs_conf(), schedule.recurrence
    return decide_fire(
        recurrence,
        due_since=_due_since(schedule, recurrence, seen),
        now=now.astimezone(UTC),
        ends_at=in_utc(schedule.ends_at),
        missed=schedule.missed,
        overlap=schedule.overlap,
        is_busy=is_busy,
        was_held=schedule.held_since is not None,
        grace=timedelta(seconds=conf.fire_grace_seconds),
        at_most=conf.missed_runs_max if schedule.missed == Missed.ALL else 1,
    )


def _due_since(schedule: Schedule, recurrence: Recurrence, seen: datetime) -> datetime:
    """The fire time seen; after an update of the tz database, the one that has taken its place."""
    if recurrence.fires_at(seen):
        return seen
    return recurrence.after(schedule.last_fired_at or seen - _DAY) or seen


def _new_job(schedule: Schedule, fire_at: datetime) -> NewJob:
    request = JobRequest(
        type=schedule.type,
        payload=schedule.payload,
        queue=schedule.queue or None,
        priority=schedule.priority,
        run_at=fire_at,
        idempotency_key=fire_key(schedule, fire_at),
    )
    new = new_job(request, schedule.created_by_id, jobs_conf())
    return new._replace(callback_url=schedule.callback_url)


def fire_key(schedule: Schedule, fire_at: datetime) -> str:
    """The idempotency key of the job of a fire time."""
    return f"schedule:{schedule.id}:{fire_at.astimezone(UTC).isoformat()}"
