"""The locks of limits' rows, which an admission holds to the end of its transaction."""

from collections.abc import Collection
from typing import NamedTuple

from jobs.services.limits.declared import limits_make_declared
from jobs.sql.statements import run


class TriedLocks(NamedTuple):
    """What became of locks that are not waited for. A limit in neither of the two does not exist.

    `taken`: limits that are locked now; `elsewhere`: limits that another admission has locked.
    """

    taken: list[str]
    elsewhere: set[str]


def limits_lock(names: Collection[str]) -> list[str]:
    """Waits for the locks of these limits; returns those that have a row."""
    return [name for (name,) in run("lock_limits", names=sorted(names))]


def limits_try_lock(names: Collection[str]) -> TriedLocks:
    """Takes the locks of these limits that are free. What code declares gets a row if it has none.

    Nothing is inserted for a row that is there: that would wait for a transaction that changes it.
    """
    taken = _tried(names)
    if not (left := set(names) - set(taken)):
        return TriedLocks(taken, set())
    elsewhere = {name for (name,) in run("limits_that_exist", names=sorted(left))}
    if (gone := left - elsewhere) and (made := limits_make_declared(gone)):
        new = _tried(made)
        taken += new
        elsewhere |= set(made) - set(new)  # another admission has made them, too
    return TriedLocks(taken, elsewhere)


def _tried(names: Collection[str]) -> list[str]:
    return [name for (name,) in run("try_lock_limits", names=sorted(names))]
