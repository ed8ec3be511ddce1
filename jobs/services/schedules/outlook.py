"""What a schedule means, and when it fires next, for people."""

from dataclasses import dataclass
from datetime import datetime

from jobs.core.cron import CronInvalid
from jobs.core.fire_times import FireTime, next_fire_times
from jobs.core.zones import UnknownZone, zone_named
from jobs.models import Schedule

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Outlook:
    """The rule in plain words, and the next fire times. `error`: why there are none, or no job."""

    description: str
    fire_times: list[FireTime]
    error: str


def schedule_outlook(schedule: Schedule, now: datetime) -> Outlook:
    """The outlook from `now` on; of a paused schedule, what it would be if it were resumed."""
    rule = schedule.rule
    try:
        zone, description = zone_named(rule.timezone), rule.in_words()
        fire_times = next_fire_times(
            schedule.recurrence, zone, rule.begins_after(now), count=SHOWN, ends_at=rule.ends_at
        )
    except (CronInvalid, UnknownZone) as error:
        return Outlook("", [], str(error))
    return Outlook(description, fire_times, schedule.error)


def schedule_state(schedule: Schedule, *, is_orphaned: bool) -> str:
    """How it goes, in one word: paused, orphaned, failing, ended, held or active."""
    if schedule.paused:
        return "paused"
    if is_orphaned:
        return "orphaned"
    if schedule.error:
        return "failing"
    if schedule.next_fire_at is None:
        return "ended"
    return "held" if schedule.held_since else "active"
