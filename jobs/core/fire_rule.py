"""What becomes of the fire times of a schedule that are due: which get a job, which are missed."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import models

from jobs.core.recurrence import Recurrence

_FIRST_SPAN = timedelta(minutes=1)
_MOMENT = timedelta(microseconds=1)


class Missed(models.TextChoices):
    """What happens to fire times that passed while no worker could fire."""

    SKIP = "skip", "skip them"
    ONCE = "once", "run once for all of them"
    ALL = "all", "run once for each, up to a limit"


class Overlap(models.TextChoices):
    """What happens to a fire time while the schedule's last job is not final."""

    ALLOW = "allow", "run both"
    SKIP = "skip", "skip the fire time"
    HOLD = "hold", "wait for the end of the last job"


class FireDecision(NamedTuple):
    """What a worker does about a schedule that is due.

    `fires`: the fire times that get a job. `next_fire_at`: what follows; None if the schedule has
    ended. `is_held`: nothing happens yet, because the last job is not final. `skipped`: why some
    fire times get no job, for the log: `missed` or `overlap`; None if all that are due get one.
    """

    fires: Sequence[datetime]
    next_fire_at: datetime | None
    is_held: bool = False
    skipped: str | None = None


def decide_fire(
    recurrence: Recurrence,
    *,
    due_since: datetime,
    now: datetime,
    ends_at: datetime | None,
    missed: str,
    overlap: str,
    is_busy: bool,
    was_held: bool,
    grace: timedelta,
    at_most: int,
) -> FireDecision:
    """Decides about the fire times from `due_since` to `now`.

    `is_busy`: the last job is not final. `was_held`: fire times have waited for that, so that they
    are late without being missed. `grace`: how late one may be that is not missed. `at_most`: how
    many missed fire times get a job each.
    """
    if is_busy and overlap == Overlap.HOLD:
        return FireDecision([], due_since, is_held=True)
    due, following = _due_and_following(recurrence, due_since, now, ends_at, at_most)
    if not due:  # the schedule ended before it was due
        return FireDecision([], following)
    if is_busy and overlap == Overlap.SKIP:
        return FireDecision([], following, skipped="overlap")
    fires = _to_run(due, now, missed, was_held, grace)
    if overlap == Overlap.HOLD and len(fires) > 1:
        # One after the other: the next one is due already, and waits for the end of this job.
        return FireDecision(fires[:1], fires[1])
    if overlap == Overlap.SKIP:
        fires = fires[-1:]
    skipped = None if len(fires) == len(due) and due[0] <= due_since else "missed"
    return FireDecision(fires, following, skipped=skipped)


def _due_and_following(
    recurrence: Recurrence,
    due_since: datetime,
    now: datetime,
    ends_at: datetime | None,
    at_most: int,
) -> tuple[Sequence[datetime], datetime | None]:
    """The fire times that are due, and the next one."""
    if due_since > now:
        return [], _not_after(due_since, ends_at)
    following = recurrence.after(due_since)
    if (following is None or following > now) and (ends_at is None or due_since <= ends_at):
        return [due_since], _not_after(following, ends_at)
    due = due_times(recurrence, due_since, min(now, ends_at or now), at_most)
    return due, _not_after(recurrence.after(now), ends_at)


def _to_run(
    due: Sequence[datetime], now: datetime, missed: str, was_held: bool, grace: timedelta
) -> Sequence[datetime]:
    if missed == Missed.ALL:
        return due
    is_missed = not was_held and now - due[-1] > grace
    return [] if missed == Missed.SKIP and is_missed else due[-1:]


def due_times(
    recurrence: Recurrence, first: datetime, until: datetime, at_most: int
) -> list[datetime]:
    """The last `at_most` fire times from `first` to `until`, in their order.

    Looks back from `until` in growing steps: after an outage of a year, a schedule that fires each
    minute has half a million fire times, and only the last few are wanted.
    """
    span = _FIRST_SPAN
    while True:
        start = max(first, until - span)
        found: deque[datetime] = deque(maxlen=at_most)
        moment = recurrence.after(start - _MOMENT)
        while moment is not None and moment <= until:
            found.append(moment)
            moment = recurrence.after(moment)
        if start == first or len(found) == at_most:
            return list(found)
        span *= 4


def _not_after(moment: datetime | None, end: datetime | None) -> datetime | None:
    return None if moment is None or (end is not None and moment > end) else moment
