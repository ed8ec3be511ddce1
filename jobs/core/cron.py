"""Cron expressions, with the meaning that Debian's cron gives to their five fields.

They are about the time that a clock shows; `recurrence.py` makes moments of it.
"""

from collections.abc import Set
from datetime import datetime
from typing import Any

from cronsim import CronSim, CronSimError

EXAMPLE = '"0 7 * * MON-FRI" (at 07:00 from Monday to Friday)'
FIELDS = {
    "minute": "0 to 59",
    "hour": "0 to 23",
    "day-of-month": "1 to 31, or L for the last day",
    "month": "1 to 12, or JAN to DEC",
    "day-of-week": "0 to 7, or SUN to SAT; 0 and 7 are Sunday",
}
NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
TEXT_MAX = 255

# Any moment will do: the parser needs one, and each search brings its own.
_ANY_TIME = datetime(2000, 1, 1)  # noqa: DTZ001 - a wall-clock time
_ALL_HOURS = 24


class CronInvalid(ValueError):
    """The expression makes no sense; the message is a sentence with an example."""


class Cron:
    """One cron expression; it does not change, and may be used by several threads."""

    def __init__(self, text: str) -> None:
        """Raises CronInvalid, also for an expression that no day fulfils."""
        self.text = text
        self._fields = _fields(text)
        self._sim = _parsed(text, self._fields)
        if self.next_after(_ANY_TIME) is None:
            raise CronInvalid(_never(text))

    def next_after(self, wall: datetime) -> datetime | None:
        """The first time after this one that fulfils it; None if none does within 50 years."""
        # A search changes the parser's object. To copy it so takes a tenth of what `copy` takes.
        sim = CronSim.__new__(CronSim)
        sim.__dict__.update(self._sim.__dict__, dt=wall.replace(microsecond=0))
        return next(sim, None)

    def fits(self, wall: datetime) -> bool:
        """Whether it is fulfilled at this time, of which seconds do not count."""
        return (
            wall.minute in self.minutes
            and wall.hour in self.hours
            and wall.month in self.months
            and self._sim.match_day(wall.date())
        )

    @property
    def follows_elapsed_time(self) -> bool:
        """Whether the hour field is a wildcard or a step, or names all hours.

        Such an expression means "every so often", not certain times of the day.
        """
        return any(sign in self._fields[1] for sign in "*/") or len(self.hours) == _ALL_HOURS

    @property
    def minutes(self) -> Set[int]:
        return self._sim.minutes

    @property
    def hours(self) -> Set[int]:
        return self._sim.hours

    @property
    def days(self) -> Set[int]:
        """Days of the month; `CronSim.LAST` and `CronSim.LAST_WEEKDAY` stand for two of them."""
        return self._sim.days

    @property
    def months(self) -> Set[int]:
        return self._sim.months

    @property
    def weekdays(self) -> Set[Any]:
        """0 to 7, or pairs of one and its number within the month (`CronSim.LAST`: the last)."""
        return self._sim.weekdays

    @property
    def needs_both_days(self) -> bool:
        """Whether day of month and day of week must both fit; otherwise one of them suffices."""
        return self._sim.day_and


def _fields(text: str) -> list[str]:
    if len(text) > TEXT_MAX:
        raise CronInvalid(f"A cron expression has at most {TEXT_MAX} characters; as in {EXAMPLE}.")
    fields = NAMED.get(text.strip().lower(), text).upper().split()
    if len(fields) == len(FIELDS):
        return fields
    if text.strip().startswith("@"):
        raise CronInvalid(f"Unknown name {text!r}; known are: {', '.join(NAMED)}.")
    more = "; for seconds use every_seconds" if len(fields) == len(FIELDS) + 1 else ""
    raise CronInvalid(
        f"{text!r} has {len(fields)} fields; a cron expression has 5, minute, hour, day-of-month, "
        f"month and day-of-week, as in {EXAMPLE}{more}."
    )


def _parsed(text: str, fields: list[str]) -> CronSim:
    try:
        return CronSim(" ".join(fields), _ANY_TIME)
    except CronSimError as error:
        raise CronInvalid(_refusal(text, fields, str(error))) from None


def _refusal(text: str, fields: list[str], error: str) -> str:
    """What the parser says, `Bad <field>`, as a sentence."""
    name = error.removeprefix("Bad ")
    if name not in FIELDS:
        return f"{text!r} is not a cron expression ({error}); as in {EXAMPLE}."
    if name == "day-of-month" and _is_valid([*fields[:3], "*", fields[4]]):
        return _never(text)
    field = fields[list(FIELDS).index(name)]
    return f"The {name} field {field!r} makes no sense; it takes {FIELDS[name]}, as in {EXAMPLE}."


def _is_valid(fields: list[str]) -> bool:
    try:
        CronSim(" ".join(fields), _ANY_TIME)
    except CronSimError:
        return False
    return True


def _never(text: str) -> str:
    return (
        f"{text!r} never fires: no date fits its day and month. For the last day of February, for "
        'example, write "0 0 L 2 *".'
    )
