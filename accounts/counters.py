"""Counters that all processes share, in Redis; while it is away, each process has its own."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.cache import caches

from accounts.rate import Rate

# After a failure Redis is not asked again for this long, so that only one log-in in that time waits
# for its timeout, and one line a process is logged.
RETRY_SECONDS = 5.0

# Counters of a process, of about 200 bytes each. Beyond it the oldest is dropped.
OWN_COUNTERS_MAX = 10_000

# How often a counter may end between two statements about it before the process counts by itself.
_TRIES = 3

T = TypeVar("T")

logger = logging.getLogger(__name__)


class CacheRefused(Exception):
    """Redis is away, or does not do what it is asked."""


def take(name: str, rate: Rate) -> float | None:
    """Counts one more under this name; returns None, or, beyond the rate, the seconds to wait.

    What is refused is not counted. However many call at once, so many get through: Redis counts
    one after the other. A counter begins with the first call and ends after the rate's seconds.
    """
    return _by_redis_or_here(lambda: _take_in_redis(name, rate), lambda: _own.take(name, rate))


def give_back(name: str) -> None:
    """Takes back one call of `take`."""
    _by_redis_or_here(lambda: _add(name, -1), lambda: _own.give_back(name))


def remember(name: str, seconds: int) -> None:
    """Notes something for so long; it is forgotten sooner if Redis loses it."""
    _by_redis_or_here(lambda: _set(name, seconds), lambda: None)


def is_remembered(name: str) -> bool:
    """Whether `remember` noted it."""
    return _by_redis_or_here(lambda: _is_set(name), lambda: False)


def _take_in_redis(name: str, rate: Rate) -> float | None:
    for _ in range(_TRIES):
        _cache().add(name, 0, timeout=rate.seconds)
        count = _add(name, 1)
        if count is not None:
            break
    else:
        raise CacheRefused(f"{name} does not stay")
    if count <= rate.times:
        return None
    _add(name, -1)
    return float(_cache().ttl(name) or 1)


def _add(name: str, delta: int) -> int | None:
    """The count then; None if the counter has ended."""
    try:
        return int(_cache().incr(name, delta))
    except ValueError:
        return None


def _set(name: str, seconds: int) -> None:
    _cache().set(name, 1, timeout=seconds)


def _is_set(name: str) -> bool:
    return _cache().get(name) is not None


def _cache() -> Any:
    return caches["default"]


class _Redis:
    """When Redis may be asked again, by time.monotonic()."""

    usable_at = 0.0


def _by_redis_or_here(in_redis: Callable[[], T], here: Callable[[], T]) -> T:
    if time.monotonic() >= _Redis.usable_at:
        try:
            return in_redis()
        except Exception as error:  # noqa: BLE001 - whatever it is, attempts must be counted
            _Redis.usable_at = time.monotonic() + RETRY_SECONDS
            logger.error(
                "Redis counts no log-in attempts, each process counts its own: %s",
                error,
                extra={"event": "attempts.uncounted", "error": str(error)},
            )
    return here()


@dataclass
class _Count:
    until: float  # by time.monotonic()
    times: int = 0


class _OwnCounters:
    """The counters of this process; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, _Count] = {}

    def take(self, name: str, rate: Rate) -> float | None:
        now = time.monotonic()
        with self._lock:
            count = self._counts.get(name)
            if count is None or count.until <= now:
                self._counts.pop(name, None)
                count = self._counts[name] = _Count(now + rate.seconds)
                if len(self._counts) > OWN_COUNTERS_MAX:
                    del self._counts[next(iter(self._counts))]
            if count.times >= rate.times:
                return count.until - now
            count.times += 1
            return None

    def give_back(self, name: str) -> None:
        with self._lock:
            if name in self._counts:
                self._counts[name].times -= 1

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()


_own = _OwnCounters()
