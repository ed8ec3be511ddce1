"""Time zones: which exist, when their clocks change, and which moment a wall-clock time is.

Moments are aware and in UTC; wall-clock times are naive. A zone's rules are those of the tz
database that Python finds (`zoneinfo`).
"""

from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_SECOND = timedelta(seconds=1)
# No zone has changed its clocks twice within this time and back to what they were.
_NO_TWO_CHANGES = timedelta(hours=3)


class UnknownZone(ValueError):
    """No IANA time zone has this name; the message is a sentence with an example."""


@cache
def _names() -> dict[str, str]:
    """The names of all zones, by what they are in lower case."""
    return {name.casefold(): name for name in sorted(available_timezones())}


def zone_named(name: str) -> ZoneInfo:
    """The zone of that name, as the tz database spells it; raises UnknownZone."""
    if _names().get(name.casefold()) != name:
        raise UnknownZone(f"Unknown time zone {name!r}; {_hint(name)}")
    return ZoneInfo(name)


def _hint(name: str) -> str:
    key = name.casefold().replace(" ", "_")
    if exact := _names().get(key):
        return f"did you mean {exact}?"
    cities = [known for short, known in _names().items() if short.rpartition("/")[2] == key]
    close = [_names()[one] for one in get_close_matches(key, _names())]
    if found := list(dict.fromkeys([*cities, *close]))[:3]:
        return f"did you mean {' or '.join(found)}?"
    return "use a name of the IANA tz database, for example Europe/Berlin or UTC."


def wall_time(zone: ZoneInfo, moment: datetime) -> datetime:
    """What a clock in the zone shows at that moment."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def offset_at(zone: ZoneInfo, moment: datetime) -> timedelta:
    """How far the zone's clocks are ahead of UTC at that moment."""
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def moment_at(wall: datetime, offset: timedelta) -> datetime:
    """The moment at which clocks that are `offset` ahead of UTC show this time."""
    return (wall - offset).replace(tzinfo=UTC)


def first_moment(zone: ZoneInfo, wall: datetime) -> datetime:
    """The moment of a wall-clock time.

    Of a time that comes twice it is the first; for one that does not exist, the first moment
    after the gap.
    """
    before, after = _offsets(zone, wall)
    moment = moment_at(wall, before)
    if before >= after or wall_time(zone, moment) == wall:
        return moment
    return _change_between(zone, moment_at(wall, after), moment)


def comes_twice(zone: ZoneInfo, wall: datetime) -> bool:
    """Whether clocks in the zone show this time twice, because they are set back."""
    before, after = _offsets(zone, wall)
    return before > after


def _offsets(zone: ZoneInfo, wall: datetime) -> tuple[timedelta, timedelta]:
    """Before and after the change in which the time is skipped or repeated; else the same."""
    offsets = [wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)]
    assert offsets[0] is not None
    assert offsets[1] is not None
    return offsets[0], offsets[1]


def first_change(zone: ZoneInfo, start: datetime, end: datetime) -> datetime | None:
    """The first moment after `start`, up to `end`, from which the zone's offset is another."""
    offset = offset_at(zone, start)
    while start < end:
        later = min(start + _NO_TWO_CHANGES, end)
        if offset_at(zone, later) != offset:
            return _change_between(zone, start, later)
        start = later
    return None


def _change_between(zone: ZoneInfo, start: datetime, end: datetime) -> datetime:
    """The moment of the one change between them; zones change at whole seconds."""
    offset, start = offset_at(zone, start), start.replace(microsecond=0)
    seconds = -(-(end - start) // _SECOND)
    low, high = 0, seconds
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(zone, start + middle * _SECOND) == offset:
            low = middle
        else:
            high = middle
    return start + high * _SECOND
