"""Statements that met another transaction: PostgreSQL is well, and the same again may succeed."""

import random
import time
from collections.abc import Callable
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

P = ParamSpec("P")
R = TypeVar("R")

# SQLSTATEs: a serialization failure and a deadlock. PostgreSQL has undone the whole transaction.
_CONFLICTS = ("40001", "40P01")
# A row lock did not come within lock_timeout.
_LOCK_TIMEOUT = "55P03"

# Upper limits of the random pauses before each of 20 repetitions, in seconds; 4 s together. Two
# transactions that meet are apart after one or two. On small tables PostgreSQL reads whole pages,
# so that serializable transactions of several workers meet again and again.
_PAUSES = tuple(min(0.01 * 2**n, 0.25) for n in range(20))


def is_conflict(error: BaseException) -> bool:
    """Whether PostgreSQL undid a transaction because of another one: it may be repeated."""
    return isinstance(error, OperationalError) and _sqlstate(error) in _CONFLICTS


def is_lock_timeout(error: BaseException) -> bool:
    """Whether another transaction held a row for longer than this session waits."""
    return isinstance(error, OperationalError) and _sqlstate(error) == _LOCK_TIMEOUT


def is_contention(error: BaseException) -> bool:
    """Whether another transaction was in the way; no outage, and nothing was written."""
    return is_conflict(error) or is_lock_timeout(error)


def repeated(call: Callable[[], R]) -> R:
    """What `call` returns. It is called again where PostgreSQL undid it because of a conflict.

    Inside a transaction it is called once: that transaction is undone with it, and only whoever
    began it can repeat it. Raises what `call` raises, in the end a conflict, too.
    """
    for pause_seconds in _PAUSES:
        try:
            return call()
        except OperationalError as error:
            if is_in_transaction() or not is_conflict(error):
                raise
        time.sleep(random.random() * pause_seconds)  # noqa: S311
    return call()


def repeats_conflicts(service: Callable[P, R]) -> Callable[P, R]:
    """Decorates a service that is one transaction: a conflict undoes and repeats it."""

    @wraps(service)
    def repeating(*args: P.args, **kwargs: P.kwargs) -> R:
        return repeated(partial(service, *args, **kwargs))

    return repeating


def is_in_transaction() -> bool:
    """Whether what this thread writes commits later, by `atomic` or without autocommit."""
    return connection.in_atomic_block or not connection.autocommit


def _sqlstate(error: BaseException) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""
