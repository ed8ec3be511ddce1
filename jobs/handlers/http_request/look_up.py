"""A look-up of a host that ends with the time of its call.

The system's resolver has a timeout of its own, mostly 10 s, and cannot be interrupted: a look-up
that takes longer than its call is left on a thread of its own, until the resolver gives up.
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future

from jobs.handlers.http_request.addresses import resolve

# At once in one process, with those that were left; further calls wait for one of them to end.
LOOK_UPS_MAX = 100

_free = threading.BoundedSemaphore(LOOK_UPS_MAX)


class LookUpTooLong(TimeoutError):
    """The time of the call was over before its host was resolved."""


def resolve_until(ends_at: float, host: str, port: int) -> Sequence[str]:
    """As `resolve`; raises LookUpTooLong at `ends_at`, in seconds of `time.monotonic`."""
    if not _free.acquire(timeout=_left(ends_at)):
        raise LookUpTooLong
    found: Future[Sequence[str]] = Future()
    try:
        threading.Thread(
            target=_resolve, args=(found, host, port), name="look-up", daemon=True
        ).start()
    except BaseException:
        _free.release()
        raise
    try:
        return found.result(timeout=_left(ends_at))
    except TimeoutError:
        raise LookUpTooLong from None


def _resolve(found: Future[Sequence[str]], host: str, port: int) -> None:
    try:
        found.set_result(resolve(host, port))
    except BaseException as error:  # noqa: BLE001 - the caller raises it
        found.set_exception(error)
    finally:
        _free.release()


def _left(ends_at: float) -> float:
    return max(ends_at - time.monotonic(), 0.0)
