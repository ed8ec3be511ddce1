"""What staff decide about schedules: pause, resume, run now."""

from jobs.admin.shared.decision import Decision
from jobs.core.actor import Actor
from jobs.models import Schedule
from jobs.services.schedules import schedule_pause, schedule_resume, schedule_run

PAUSE = Decision("pause", "paused", "pause_selected", schedule_pause)
RESUME = Decision("resume", "resumed", "resume_selected", schedule_resume)
RUN = Decision("run now", "run", "run_selected", schedule_run)


def pause(schedule: Schedule, actor: Actor, reason: str) -> Schedule:
    """Raises Schedule.DoesNotExist."""
    return schedule_pause(schedule_id=schedule.pk, actor=actor, reason=reason)


def resume(schedule: Schedule, actor: Actor, reason: str) -> Schedule:
    """Raises ScheduleInvalid, ScheduleBroken, Schedule.DoesNotExist."""
    return schedule_resume(schedule_id=schedule.pk, actor=actor, reason=reason)


def run_now(schedule: Schedule, actor: Actor, reason: str) -> Schedule:
    """Raises ScheduleBroken, RecipientsLimitReached, Schedule.DoesNotExist."""
    schedule_run(schedule_id=schedule.pk, actor=actor, reason=reason)
    return schedule
