"""Schedules of the demonstration, and the jobs that they have made in thirty days."""

from datetime import UTC, datetime

from jobs.core.actor import Actor
from jobs.core.clock import DAY_SECONDS
from jobs.core.effect_key import client_effect_key
from jobs.core.schedule_spec import ScheduleSpec
from jobs.models import Schedule
from jobs.services.demo.failures import mail
from jobs.services.demo.pen import Pen
from jobs.services.demo.rows import JobRow, KeyRow
from jobs.services.schedules import schedule_create
from jobs.services.schedules.firing import fire_key
from jobs.sql.statements import database_now

PREFIX = "demo-"
_REPORT = {"to": ["board@example.com"], "subject": "Yesterday", "text": "All is well."}
_SPECS = (
    ScheduleSpec(f"{PREFIX}daily-report", "send_email", _REPORT, "0 7 * * *", queue="bulk"),
    ScheduleSpec(f"{PREFIX}weekly-newsletter", "send_email", _REPORT, "30 9 * * MON"),
    ScheduleSpec(f"{PREFIX}digest", "send_email", _REPORT, "15 */6 * * *", overlap="skip"),
    ScheduleSpec(f"{PREFIX}closing", "send_email", _REPORT, "0 18 * * MON-FRI"),
    ScheduleSpec(f"{PREFIX}stock-levels", "send_email", _REPORT, "0 3 * * *"),
)
_PAUSED, _BROKEN = f"{PREFIX}closing", f"{PREFIX}stock-levels"
_RUN_MS = 400
_LOOK_BACK_MS = 9 * DAY_SECONDS * 1000

Fired = tuple[int, Schedule]


def schedules_make(actor: Actor, client_pk: str) -> list[Schedule]:
    """Makes the schedules: one of them is paused, and one has failed three times in a row."""
    user_pk = Schedule._meta.get_field("created_by").to_python(client_pk)
    made = []
    for spec in _SPECS:
        is_paused = spec.name == _PAUSED
        made.append(
            schedule_create(spec=spec, paused=is_paused, actor=actor, created_by_id=user_pk)
        )
    _tell_when_fired(made)
    Schedule.objects.filter(name=_BROKEN).update(
        failures=3, error="This server does not send mail from that address."
    )
    return made


def _tell_when_fired(schedules: list[Schedule]) -> None:
    """The last fire time of each, which lies less than nine days back."""
    now_ms = int(database_now().timestamp() * 1000)
    for ms, schedule in fired_since(schedules, now_ms - _LOOK_BACK_MS, now_ms):
        fired_at = datetime.fromtimestamp(ms / 1000, UTC)  # the last one of each stays
        Schedule.objects.filter(pk=schedule.pk).update(last_fired_at=fired_at)


def fired_since(schedules: list[Schedule], begins_ms: int, ends_ms: int) -> list[Fired]:
    """Every fire time between these moments that made a job."""
    fired = []
    for schedule in schedules:
        if schedule.name == _BROKEN:
            continue
        at = schedule.recurrence.after(datetime.fromtimestamp(begins_ms / 1000, UTC))
        while at is not None and (ms := int(at.timestamp() * 1000)) < ends_ms:
            fired.append((ms, schedule))
            at = schedule.recurrence.after(at)
    return fired


class ScheduledJobs:
    """Writes jobs that schedules have made."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen

    def write(self, ms: int, schedule: Schedule) -> None:
        """Writes the job of the fire time at this moment; it succeeded."""
        pen, n = self._pen, self._pen.number()
        job_id, created, finished = pen.id(ms), pen.stamp(ms), pen.stamp(ms + _RUN_MS)
        key = fire_key(schedule, datetime.fromtimestamp(ms / 1000, UTC))
        client = str(schedule.created_by_id)
        effect_key = client_effect_key(schedule.type, key, client)
        pen.jobs.append(
            JobRow(
                job_id, schedule.type, schedule.queue or "emails", mail(n, "board@example.com"),
                effect_key, client, "succeeded", created, created, created, attempt="1",
                worker_id=pen.workers[0], claimed_at=created, started_at=created,
                finished_at=finished,
                idempotency_key=key, schedule_id=str(schedule.id),
            )
        )  # fmt: skip
        pen.keys.append(KeyRow(effect_key, job_id, created, finished))
