"""What a schedule's rule means, in plain words."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from cronsim import CronSim

from jobs.core.cron import Cron

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
ORDINALS = ["", "1st", "2nd", "3rd", "4th", "5th"]

# Times of the day that are listed one by one.
_TIMES_LISTED = 6
# Neighbours that become "from .. to ..".
_RUN = 3


def cron_in_words(cron: Cron, zone: str) -> str:
    """One sentence, such as `At 07:00 from Monday to Friday (Europe/Berlin).`"""
    parts = [_times(sorted(cron.minutes), sorted(cron.hours)), _days(cron), _months(cron)]
    text = " ".join(part for part in parts if part)
    return f"{text[0].upper()}{text[1:]} ({zone})."


def interval_in_words(every_seconds: float) -> str:
    """One sentence, such as `Every 1 minute 30 seconds.`"""
    span = timedelta(seconds=every_seconds)
    minutes, seconds = divmod(span.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    numbers = {
        "day": span.days,
        "hour": hours,
        "minute": minutes,
        "second": seconds + span.microseconds / 1_000_000,
    }
    parts = [(number, unit) for unit, number in numbers.items() if number]
    if [number for number, _ in parts] == [1]:
        return f"Every {parts[0][1]}."
    counted = [f"{number:g} {unit}{'' if number == 1 else 's'}" for number, unit in parts]
    return f"Every {' '.join(counted)}."


def _times(minutes: Sequence[int], hours: Sequence[int]) -> str:
    if len(minutes) * len(hours) <= _TIMES_LISTED:
        return f"at {_joined(f'{hour:02}:{minute:02}' for hour in hours for minute in minutes)}"
    every_hour = len(hours) == 24
    if step := _step(minutes, 60):
        often = "every minute" if step == 1 else f"every {step} minutes"
        return often if every_hour else f"{often} {_within(hours)}"
    at = f"at {_counted('minute', minutes)}"
    if every_hour:
        return f"every hour {at}"
    if step := _step(hours, 24):
        return f"every {step} hours {at}"
    return f"{at} of {_counted('hour', hours)}"


def _within(hours: Sequence[int]) -> str:
    if hours[-1] - hours[0] == len(hours) - 1:
        return f"from {hours[0]:02}:00 to {hours[-1]:02}:59"
    return f"in {_counted('hour', hours)}"


def _step(numbers: Sequence[int], end: int) -> int:
    """The step in which they go evenly from 0 through the whole hour or day; 0 if they do not."""
    if len(numbers) == 1 or end % len(numbers):
        return 0
    step = end // len(numbers)
    return step if list(numbers) == list(range(0, end, step)) else 0


def _days(cron: Cron) -> str:
    month, week = _days_of_month(cron), _days_of_week(cron)
    if not (month and week):
        return month or week or _every_day(cron)
    if cron.needs_both_days:
        return f"{month} if that is {week.removeprefix('on ').removeprefix('from ')}"
    return f"{month} or {week}"


def _every_day(cron: Cron) -> str:
    """Said of certain times only: what fires every few minutes does so every day."""
    return "every day" if len(cron.minutes) * len(cron.hours) <= _TIMES_LISTED else ""


def _days_of_month(cron: Cron) -> str:
    numbers = sorted(day for day in cron.days if day > 0)
    if len(numbers) == 31:
        return ""
    parts = [_counted("day", numbers)] if numbers else []
    if CronSim.LAST in cron.days:
        parts.append("the last day")
    if CronSim.LAST_WEEKDAY in cron.days:
        parts.append("the last day from Monday to Friday")
    return f"on {_joined(parts)} of the month"


def _days_of_week(cron: Cron) -> str:
    # Sunday is 0 and 7; it comes last here.
    plain = sorted({(day or 7) for day in cron.weekdays if isinstance(day, int)})
    if len(plain) == 7:
        return ""
    special = sorted(day for day in cron.weekdays if not isinstance(day, int))
    parts = _runs(plain, lambda day: WEEKDAYS[day - 1])
    for day, number in special:
        which = "last" if number == CronSim.LAST else ORDINALS[number]
        parts.append(f"the {which} {WEEKDAYS[(day or 7) - 1]} of the month")
    return f"on {_joined(parts)}".replace("on from ", "from ")


def _months(cron: Cron) -> str:
    if len(cron.months) == 12:
        return ""
    parts = _runs(sorted(cron.months), lambda month: MONTHS[month - 1])
    return f"in {_joined(parts)}".replace("in from ", "from ")


def _counted(noun: str, numbers: Sequence[int]) -> str:
    """Such as `minute 5`, `hours 8 to 17` or `days 1 and 15`."""
    parts = [part.removeprefix("from ") for part in _runs(numbers, str)]
    return f"{noun}{'' if len(numbers) == 1 else 's'} {_joined(parts)}"


def _runs(numbers: Sequence[int], named: Callable[[int], str]) -> list[str]:
    """The numbers by their names; three neighbours and more become `from .. to ..`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts: list[str] = []
    for run in runs:
        if len(run) >= _RUN:
            parts.append(f"from {named(run[0])} to {named(run[-1])}")
        else:
            parts.extend(named(number) for number in run)
    return parts


def _joined(parts: Iterable[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
