"""Admission on a timer: what is due, tokens that came in, limits that changed, and repair."""

from datetime import datetime
from time import monotonic
from typing import ClassVar

from django.db.models import Q

from jobs.models import Limit
from jobs.models.moments import seconds_ago
from jobs.services.limits.admission import jobs_admit_where_free
from jobs.services.maintenance.round import Round, run_round
from jobs.sql.statements import run

# Rows that one round moves, and limits that it looks at.
DUE_LIMIT = 1_000
LIMITS_LIMIT = 200
ADOPT_LIMIT = 2_000


# For this long after a limit was set others may accept jobs without it: their book is older.
ADOPT_SECONDS = 1.0


class _Place:
    """Up to which limit this process has repaired; each pass begins at the first."""

    limit_name = ""


# When what another transaction holds is looked at again: a look reads every job of a queue or type.
HELD_UP_SECONDS = 2.0


class _Adopted:
    """For which setting of each limit this process has looked at all jobs that were there.

    `not_before`: for which setting, and until when by the monotonic clock, it does not look again.
    """

    at: ClassVar[dict[str, datetime]] = {}
    not_before: ClassVar[dict[str, tuple[datetime, float]]] = {}


def jobs_admit_due() -> Round:
    """Admits what nobody admits otherwise; counts jobs.

    Jobs whose `run_at` has come, and what waits at limits whose tokens have come in or whose rule
    was changed.
    """
    [(is_wanted,)] = run("admission_wanted")
    return run_round("admit", _admit_due, skipped=Round()) if is_wanted else Round()


def limits_repair() -> Round:
    """Frees slots that were leaked and admits at every limit at which jobs wait; counts limits.

    Needed only after crashes between a commit and the admission that follows it, and after
    changes that other code made to rows.
    """
    return run_round("admit_repair", _repair, skipped=Round())


def _admit_due() -> Round:
    _adopt()
    due = [name for (name,) in run("due_held_jobs", limit=DUE_LIMIT)]
    looks = [name for (name,) in run("limits_to_look_at", limit=LIMITS_LIMIT)]
    names = {*due, *looks}
    admitted = jobs_admit_where_free(names) if names else 0
    return Round(admitted, is_full=len(due) >= DUE_LIMIT or len(looks) >= LIMITS_LIMIT)


def _adopt() -> None:
    """Jobs that were accepted before a limit was set come under it, and those of a moment after.

    Not under that of a key: they have it from the beginning. What another transaction holds, a job
    or a limit, is not waited for, and comes in a later round.
    """
    of_place = Q(name__startswith="queue:") | Q(name__startswith="type:")  # by the primary key
    limits = Limit.objects.filter(of_place, is_adopted=False).order_by("name")
    for limit in limits.annotate(is_known=Q(set_at__lt=seconds_ago(ADOPT_SECONDS))):
        if not limit.is_known and _Adopted.at.get(limit.name) == limit.set_at:
            continue
        if _is_held_up(limit) or not _is_all_adopted(limit):
            continue
        _Adopted.at[limit.name] = limit.set_at
        if limit.is_known:
            this = limits.filter(name=limit.name, set_at=limit.set_at)
            if list(this.select_for_update(skip_locked=True)):
                this.update(is_adopted=True)
                del _Adopted.at[limit.name]


def _is_held_up(limit: Limit) -> bool:
    set_at, not_before = _Adopted.not_before.get(limit.name, (None, 0.0))
    return set_at == limit.set_at and monotonic() < not_before


def _is_all_adopted(limit: Limit) -> bool:
    """Whether no more jobs are left that have to come under the limit."""
    kind, _, name = limit.name.partition(":")
    place = {"limit_name": limit.name, "queue": None, "type": None, kind: name}
    run("adopt_running_jobs", **place)
    [(count,)] = run("adopt_queued_jobs", **place, limit=ADOPT_LIMIT)
    if int(count) == ADOPT_LIMIT:
        return False
    if run("any_to_adopt", **place):
        _Adopted.not_before[limit.name] = (limit.set_at, monotonic() + HELD_UP_SECONDS)
        return False
    _Adopted.not_before.pop(limit.name, None)
    return True


def _repair() -> Round:
    leaked = {name for (name,) in run("release_leaked_slots")}
    held = [name for (name,) in run("held_limits", after=_Place.limit_name, limit=LIMITS_LIMIT)]
    _Place.limit_name = held[-1] if len(held) == LIMITS_LIMIT else ""
    names = leaked | set(held)
    if names:
        jobs_admit_where_free(names)
    return Round(len(names), is_full=len(held) == LIMITS_LIMIT)
