"""The broker on Redis or Valkey (7.0 or newer)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from math import inf
from operator import attrgetter
from time import monotonic
from typing import Any
from uuid import UUID

from jobs.broker.announcing import RedisAnnouncing
from jobs.broker.connection import (
    LONGEST_BLOCK_SECONDS,
    CommandRefused,
    is_full,
    translates_errors,
)
from jobs.broker.entries import entry_of
from jobs.broker.inspection import literal
from jobs.broker.keys import lists_of
from jobs.broker.time import RedisTime
from jobs.core.clock import SystemClock
from jobs.core.fetch_order import ListName, Portion, whole
from jobs.core.message import Fetched, QueueMessage

# For how long one fetch frees memory before it gives up, so that a worker turns to PostgreSQL.
ROOM_SECONDS = 0.5
# How many entries of each list, and of the delayed set, a full Redis loses at a time.
TRIM = 1_000

# A fetch asks whether Redis takes dispatches if none has asked for so long: a worker that waits
# learns of a change no sooner.
WRITABLE_SECONDS = 0.1

# The script asks the clock of Redis itself. It is called this much too early rather than too late.
CLOCK_TOLERANCE_SECONDS = 0.01


class RedisBroker(RedisAnnouncing):
    """One per process, for all of its threads. What its methods promise: see `Broker`."""

    def __init__(self, url: str, prefix: str, cache_mark_seconds: int) -> None:
        """`prefix`: what every key begins with; `cache_mark_seconds`: the life of a cache mark."""
        super().__init__(url, prefix)
        self._cache_mark_seconds = cache_mark_seconds
        self._dispatch = self._script("dispatch")
        self._dispatch_one = self._script("dispatch_one")
        self._push_back = self._script("push_back")
        self._fetch = self._script("fetch")
        self._time = RedisTime(self._client.time, SystemClock())
        self._dispatch_later = self._script("dispatch_later")
        self._promote_due = self._script("promote_due")
        self._mark_done = self._script("mark_done")
        self._remove_cache_marks = self._script("remove_cache_marks")
        self._trim = self._script("trim")
        self._took_writes_at = -inf
        self._cursor = "0"  # how far cache marks were removed from a full Redis

    @translates_errors
    def dispatch(
        self,
        messages: Sequence[QueueMessage],
        *,
        age_seconds: float = 0.0,
        is_repeated: bool = False,
    ) -> None:
        if not messages:
            return
        keys, age = self._keys, _milliseconds(age_seconds)
        if len(messages) == 1 and not is_repeated:
            [message] = messages
            name = keys.list(message.queue, message.priority)
            one = [message.encode(), age]
            self._mended([name], lambda: self._dispatch_one(keys=[name], args=one))
            return
        names: list[str] = [keys.delayed]
        arguments: list[Any] = [age, int(is_repeated), keys.list_prefix]
        for list_name, group in groupby(messages, attrgetter("queue", "priority")):
            texts = [message.encode() for message in group]
            names.append(keys.list(*list_name))
            arguments += (len(texts), *texts)
        self._mended(names[1:], lambda: self._dispatch(keys=names, args=arguments))

    @translates_errors
    def push_back(self, fetched: Sequence[Fetched]) -> None:
        self._return([("", one.entry.encode(), one.message) for one in fetched])

    @translates_errors
    def return_claimed(self, claimed: Sequence[tuple[QueueMessage, float]]) -> None:
        self._return(
            [(_milliseconds(seconds), one.encode(), one) for one, seconds in claimed],
        )

    def _return(self, entries: Sequence[tuple[int | str, str, QueueMessage]]) -> None:
        if not entries:
            return
        numbers: dict[str, int] = {}
        arguments: list[Any] = []
        for age, text, message in reversed(entries):  # the one pushed last comes out first
            key = self._keys.list(message.queue, message.priority)
            arguments += (numbers.setdefault(key, len(numbers) + 1), age, text)
        keys = list(numbers)
        self._mended(keys, lambda: self._push_back(keys=keys, args=arguments))

    @translates_errors
    def dispatch_later(self, messages: Sequence[tuple[QueueMessage, float]]) -> None:
        if not messages:
            return
        arguments: list[Any] = []
        for message, seconds in messages:
            arguments += (seconds, self._keys.delayed_member(message))
        self._mended([], lambda: self._dispatch_later(keys=[self._keys.delayed], args=arguments))

    @translates_errors
    def promote_due(self, limit: int) -> int:
        # Workers ask ten times a second, and mostly nothing is due: one command, not a script.
        delayed = self._keys.delayed
        first = self._mended([], lambda: self._client.zrange(delayed, 0, 0, withscores=True))
        if not first or first[0][1] > self._time.now() + CLOCK_TOLERANCE_SECONDS:
            return 0
        count, *wrong = self._promote_due(keys=[delayed], args=[limit, self._keys.list_prefix])
        if wrong:
            self._remove_wrong_types(wrong)  # their messages are promoted by the next call
        return int(count)

    def fetch(self, queues: Sequence[str], limit: int) -> list[Fetched]:
        return self.fetch_portions([whole(lists_of(queues), limit)], limit)

    @translates_errors
    def fetch_portions(self, portions: Sequence[Portion], limit: int) -> list[Fetched]:
        keys = self._keys
        lists: list[ListName] = []
        arguments: list[Any] = [limit, self._cache_mark_seconds]
        asked_at = monotonic()
        asks = asked_at - self._took_writes_at >= WRITABLE_SECONDS
        arguments += [keys.cache_mark_prefix, keys.writable if asks else ""]
        for portion in portions:
            arguments += (portion.most, len(portion.steps))
            for step in portion.steps:
                arguments += (step.most, len(step.lists))
                lists += step.lists
        names = [keys.list(*name) for name in lists]
        reply = self._with_room(
            names,
            lambda: self._mended(names, lambda: self._fetch(keys=names, args=arguments)),
        )
        if asks:
            self._took_writes_at = asked_at
        triples = zip(reply[::3], reply[1::3], reply[2::3], strict=True)
        return [
            Fetched(entry.message, cache_mark, entry.stamp)
            for number, text, cache_mark in triples
            if (entry := entry_of(text, lists[number - 1]))
        ]

    @translates_errors
    def wait(self, queues: Sequence[str], timeout_seconds: float) -> Fetched | None:
        names = {self._keys.list(*name): name for name in lists_of(queues)}
        seconds = min(timeout_seconds, LONGEST_BLOCK_SECONDS)
        popped = self._mended(
            list(names),
            lambda: self._kept_blocking.ask(lambda connection: _pop(connection, names, seconds)),
        )
        if not popped:
            return None
        key, text = popped
        entry = entry_of(text, names[key])
        return Fetched(entry.message, stamp=entry.stamp) if entry else None

    @translates_errors
    def mark_done(self, done: Sequence[tuple[str, UUID]]) -> None:
        if not done:
            return
        arguments: list[Any] = [self._cache_mark_seconds, self._keys.cache_mark_prefix]
        for effect_key, job_id in done:
            arguments += (effect_key, str(job_id))
        self._mark_done(keys=[self._keys.delayed], args=arguments)

    @translates_errors
    def clear_cache_marks(self, effect_keys: Iterable[str]) -> None:
        keys = [self._keys.cache_mark(effect_key) for effect_key in effect_keys]
        if keys:
            self._client.unlink(*keys)

    @translates_errors
    def note_moment(self, moment: datetime) -> None:
        self._client.set(self._keys.moment, moment.isoformat())

    def _with_room(self, lists: Sequence[str], call: Callable[[], Any]) -> Any:
        """Calls again while Redis is full, and cache marks go for the sake of what waits."""
        deadline = monotonic() + ROOM_SECONDS
        while True:
            try:
                return call()
            except CommandRefused as error:
                if not is_full(error):
                    raise
            if not self._remove_some_cache_marks():
                self._trim(keys=[self._keys.delayed, *dict.fromkeys(lists)], args=[TRIM])
                return call()
            if monotonic() >= deadline:
                return call()

    def _remove_some_cache_marks(self) -> bool:
        """False once all keys have been seen, and none of them was a cache mark."""
        self._cursor, removed = self._remove_cache_marks(
            keys=[self._keys.delayed],
            args=[self._cursor, f"{literal(self._keys.cache_mark_prefix)}*"],
        )
        return bool(removed) or self._cursor != "0"

    @translates_errors
    def forget_everything(self) -> None:
        keys = list(self._client.scan_iter(match=f"{self._keys.prefix}*", count=1_000))
        if keys:
            self._client.unlink(*keys)


def _pop(connection: Any, lists: Iterable[str], seconds: float) -> Any:
    """The list and the entry of one that comes in within that time, or None."""
    connection.send_command("BRPOP", *lists, seconds)
    return connection.read_response()


def _milliseconds(seconds: float) -> int:
    return max(0, round(seconds * 1_000))
