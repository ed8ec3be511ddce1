"""When a schedule fires, as people say it: checked, in plain words, and as a recurrence."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from jobs.core.clock import DAY_SECONDS
from jobs.core.cron import Cron, CronInvalid
from jobs.core.number import is_number
from jobs.core.plain_words import cron_in_words, interval_in_words
from jobs.core.recurrence import CronRecurrence, IntervalRecurrence, Recurrence
from jobs.core.zones import UnknownZone, zone_named

EVERY_MIN_SECONDS = 1.0
EVERY_MAX_SECONDS = 366.0 * DAY_SECONDS
# A start further ahead than this is a slip of the year.
STARTS_AHEAD_MAX = timedelta(days=3_660)

ONE_OF_THEM = (
    'Give cron or every_seconds, one of them: "cron": "0 7 * * MON-FRI", or "every_seconds": 300.'
)
_MOMENT = timedelta(microseconds=1)

Fault = tuple[str, str]
"""The field that makes no sense, and a sentence that says why, with an example."""


@lru_cache(maxsize=4_096)
def _cron(text: str) -> Cron:
    """Parsed once: a thousand schedules may fire at the same moment."""
    return Cron(text)


class ScheduleRule(NamedTuple):
    """When a schedule fires; `cron` or `every_seconds` is None. Moments are in UTC, ends included.

    Only a rule without `rule_faults` has a recurrence and a description.
    """

    cron: str | None
    every_seconds: float | None
    timezone: str
    starts_at: datetime | None
    ends_at: datetime | None

    def recurrence(self, anchor: datetime) -> Recurrence:
        """`anchor`: a moment at which an interval fires; other rules need none.

        Raises CronInvalid, UnknownZone: zones can disappear with an update of the tz database.
        """
        if self.cron is None:
            assert self.every_seconds is not None
            return IntervalRecurrence(self.every_seconds, anchor)
        return CronRecurrence(_cron(self.cron), zone_named(self.timezone))

    def first_fire_after(self, now: datetime) -> datetime | None:
        """The first fire time of a rule that begins to hold now; None if it never fires.

        An interval without `starts_at` counts from the next whole second.
        """
        if self.starts_at is not None or self.cron is not None:
            recurrence = self.recurrence(self.starts_at or now)
            return self.within(recurrence.after(self.begins_after(now)))
        anchor = now.replace(microsecond=0) + timedelta(seconds=1)
        return self.within(self.recurrence(anchor).after(anchor))

    def begins_after(self, now: datetime) -> datetime:
        """The moment after which fire times count: now, or just before its start."""
        if self.starts_at is None or self.starts_at <= now:  # before the first year is no moment
            return now
        return self.starts_at - _MOMENT

    def within(self, moment: datetime | None) -> datetime | None:
        """The moment itself; None if the schedule has ended by then."""
        if moment is None or (self.ends_at is not None and moment > self.ends_at):
            return None
        return moment

    def in_words(self) -> str:
        """One sentence; raises CronInvalid for an expression that an update no longer knows."""
        if self.cron is not None:
            return cron_in_words(_cron(self.cron), self.timezone)
        assert self.every_seconds is not None
        return interval_in_words(self.every_seconds)


def rule_faults(rule: ScheduleRule, now: datetime) -> Iterator[Fault]:
    """What makes no sense; nothing if the rule may be used from now on."""
    faults = list(lasting_faults(rule)) or list(_limit_faults(rule, now))
    yield from faults
    if not faults and rule.first_fire_after(now) is None:
        yield (
            "ends_at",
            (
                "This schedule never fires: it ends before its first fire time. "
                "Give a later ends_at, or none."
            ),
        )


def lasting_faults(rule: ScheduleRule) -> Iterator[Fault]:
    """What makes no sense whatever the time is."""
    yield from _repetition_faults(rule)
    yield from _zone_faults(rule)
    if rule.starts_at is not None and rule.ends_at is not None and rule.ends_at < rule.starts_at:
        yield "ends_at", "It ends before it starts; give an ends_at after starts_at."


def _repetition_faults(rule: ScheduleRule) -> Iterator[Fault]:
    if (rule.cron is None) == (rule.every_seconds is None):
        yield "cron", ONE_OF_THEM
    elif rule.cron is not None:
        try:
            _cron(rule.cron)
        except CronInvalid as error:
            yield "cron", str(error)
    elif not is_number(rule.every_seconds, int, float) or not (
        EVERY_MIN_SECONDS <= (rule.every_seconds or 0) <= EVERY_MAX_SECONDS
    ):
        yield (
            "every_seconds",
            (
                f"An interval is {EVERY_MIN_SECONDS:g} to {EVERY_MAX_SECONDS:.0f} seconds "
                "(366 days), for example 300 for every 5 minutes."
            ),
        )


def _zone_faults(rule: ScheduleRule) -> Iterator[Fault]:
    try:
        zone_named(rule.timezone)
    except UnknownZone as error:
        yield "timezone", str(error)


def _limit_faults(rule: ScheduleRule, now: datetime) -> Iterator[Fault]:
    if rule.starts_at is not None and rule.starts_at > now + STARTS_AHEAD_MAX:
        yield "starts_at", f"Give a moment at most {STARTS_AHEAD_MAX.days} days ahead."
    if rule.ends_at is not None and rule.ends_at <= now:
        yield (
            "ends_at",
            f"This schedule never fires: its end has passed (it is {now:%Y-%m-%dT%H:%M:%SZ}).",
        )


def in_utc(moment: datetime | None) -> datetime | None:
    """The same moment in UTC: those of zones whose clocks go back cannot be compared."""
    return None if moment is None else moment.astimezone(UTC)
