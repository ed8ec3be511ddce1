"""Questions to Redis, for its health and to compare it with PostgreSQL. They change nothing."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from jobs.broker.base import Depth, ListName, ServerFacts
from jobs.broker.connection import (
    CommandRefused,
    RedisConnections,
    is_wrong_type,
    translates_errors,
)
from jobs.broker.entries import delayed_message_of, entry_of, job_id_of
from jobs.broker.keys import Keys, lists_of
from jobs.broker.script import Script
from jobs.core.message import Entry, QueueMessage

# Entries read in one call. Redis serves one call at a time, and the workers wait meanwhile.
SLICE = 1_000
DONE = "done:"
# What `heads.lua` says of a list that is empty, and of a key that is no list.
EMPTY, UNREADABLE = 0, 1
# A head that was dispatched so much later than now was stamped by a clock that has been set back.
AHEAD_SECONDS = 1.0


class RedisInspection(RedisConnections):
    """The part of the broker on Redis that only reads. What its methods promise: see `Broker`."""

    def __init__(self, url: str, prefix: str) -> None:
        """`prefix`: what every key begins with."""
        super().__init__(url, prefix)
        self._keys = Keys(prefix)
        self._heads = self._script("heads")

    def _script(self, name: str) -> Script:
        source = (Path(__file__).parent / "scripts" / f"{name}.lua").read_text(encoding="utf-8")
        return Script(self._kept, source)

    @translates_errors
    def head_ages(self, queues: Sequence[str]) -> dict[ListName, float | None]:
        lists = lists_of(queues)
        now, *heads = self._heads(keys=[self._keys.list(*name) for name in lists])
        if not heads:
            return dict.fromkeys(lists)
        ages: dict[ListName, float | None] = {}
        for name, head in zip(lists, heads, strict=True):
            if head == EMPTY:
                ages[name] = None
            elif (age := _age_seconds(head, name, now)) is not None:
                ages[name] = age
        return ages

    @translates_errors
    def head_jobs(self, queues: Sequence[str]) -> dict[ListName, UUID]:
        lists = lists_of(queues)
        _, *heads = self._heads(keys=[self._keys.list(*name) for name in lists])
        return {
            name: entry.message.job_id
            for name, head in zip(lists, heads, strict=bool(heads))
            if isinstance(head, str) and (entry := entry_of(head, name))
        }

    @translates_errors
    def noted_moment(self) -> datetime | None:
        text = _unless_wrong_type(lambda: self._client.get(self._keys.moment), None)
        try:
            return datetime.fromisoformat(text) if text else None
        except ValueError:
            return None

    @translates_errors
    def check_writable(self) -> None:
        # An empty write changes nothing and leaves no key, but is refused like any other.
        self._client.setrange(self._keys.writable, 0, "")

    @translates_errors
    def depth(self, queues: Sequence[str]) -> Depth:
        lists = lists_of(queues)
        with self._client.pipeline(transaction=False) as pipeline:
            for name in lists:
                pipeline.llen(self._keys.list(*name))
            pipeline.zcard(self._keys.delayed)
            replies = pipeline.execute(raise_on_error=False)
        *lengths, delayed = [_or_if_wrong_type(reply, 0) for reply in replies]
        return Depth(dict(zip(lists, lengths, strict=True)), delayed)

    @translates_errors
    def wrong_types(self, queues: Sequence[str]) -> list[str]:
        types = self._keys.types(queues)
        with self._client.pipeline(transaction=False) as pipeline:
            for key in types:
                pipeline.type(key)
            found = pipeline.execute()
        return [
            f"{key}: {one} instead of {wanted}"
            for (key, wanted), one in zip(types.items(), found, strict=True)
            if one not in ("none", wanted)
        ]

    def waiting_messages(
        self, queues: Sequence[str], *, due_within_seconds: float = math.inf
    ) -> Iterator[list[QueueMessage]]:
        # The delayed set is read first: what is promoted meanwhile is then seen in its list.
        latest = self._now() + due_within_seconds
        for members in self._delayed_slices():
            yield [
                message
                for member, due_at in members
                if due_at <= latest and (message := delayed_message_of(member))
            ]
        for name in lists_of(queues):
            yield from ([one.message for one in slice_] for slice_ in self._list_slices(name))

    def done_cache_marks(self) -> Iterator[list[tuple[str, UUID]]]:
        cursor: int | None = None
        while cursor != 0:
            cursor, marks = self._scan_cache_marks(cursor or 0)
            yield [
                (key, job_id)
                for key, mark in marks
                if mark and mark.startswith(DONE) and (job_id := job_id_of(mark[len(DONE) :]))
            ]

    @translates_errors
    def ping(self) -> None:
        # With two keys of ours, so that a node of a cluster that would send them on says so.
        self._client.exists(self._keys.writable, self._keys.delayed)

    @translates_errors
    def server_facts(self) -> ServerFacts:
        server, memory = self._client.info("server"), self._client.info("memory")
        valkey = server.get("valkey_version")
        return ServerFacts(
            version=f"Valkey {valkey}" if valkey else f"Redis {server.get('redis_version', '?')}",
            eviction_policy=str(memory.get("maxmemory_policy", "unknown")),
            used_bytes=int(memory.get("used_memory", 0)),
            max_bytes=int(memory.get("maxmemory", 0)),
        )

    @translates_errors
    def _now(self) -> float:
        seconds, microseconds = self._client.time()
        return float(seconds) + float(microseconds) / 1_000_000

    def _delayed_slices(self) -> Iterator[list[tuple[str, float]]]:
        """Members of the delayed set, and when each is due, in seconds since 1970."""
        cursor: int | None = None
        while cursor != 0:
            cursor, members = self._scan_delayed(cursor or 0)
            yield members

    def _list_slices(self, name: ListName) -> Iterator[list[Entry]]:
        """Reads from the end where ids come in: what is pushed meanwhile makes entries be seen
        twice, and what is popped meanwhile makes none be left out."""
        start = 0
        while texts := self._list_slice(name, start):
            yield [entry for text in texts if (entry := entry_of(text, name))]
            start += SLICE

    @translates_errors
    def _list_slice(self, name: ListName, start: int) -> list[str]:
        key = self._keys.list(*name)
        texts: list[str] = _unless_wrong_type(
            lambda: self._client.lrange(key, start, start + SLICE - 1), []
        )
        return texts

    @translates_errors
    def _scan_delayed(self, cursor: int) -> tuple[int, list[tuple[str, float]]]:
        cursor, members = _unless_wrong_type(
            lambda: self._client.zscan(self._keys.delayed, cursor, count=SLICE), (0, [])
        )
        return cursor, list(members)

    @translates_errors
    def _scan_cache_marks(self, cursor: int) -> tuple[int, list[tuple[str, str | None]]]:
        prefix = self._keys.cache_mark_prefix
        cursor, names = self._client.scan(cursor, match=f"{literal(prefix)}*", count=SLICE)
        marks = self._client.mget(names) if names else []
        return cursor, [
            (name.removeprefix(prefix), mark) for name, mark in zip(names, marks, strict=True)
        ]


def _age_seconds(head: str | int, name: ListName, now: int) -> float | None:
    """How long ago the head of a list was dispatched; None if that is unknown."""
    entry = entry_of(head, name) if isinstance(head, str) else None
    if entry is None or entry.stamp is None:
        return None
    seconds = (now - entry.stamp) / 1_000
    return max(0.0, seconds) if seconds > -AHEAD_SECONDS else None


def _unless_wrong_type(ask: Callable[[], Any], otherwise: Any) -> Any:
    """What a key holds; `otherwise` if its type is another: then nothing of ours is in it."""
    try:
        return ask()
    except CommandRefused as error:
        return _or_if_wrong_type(error, otherwise)


def _or_if_wrong_type(reply: Any, otherwise: Any) -> Any:
    if not isinstance(reply, Exception):
        return reply
    if is_wrong_type(reply):
        return otherwise
    raise reply


def literal(prefix: str) -> str:
    """The prefix with the characters escaped that have a meaning in a pattern of SCAN."""
    return re.sub(r"([*?\[\]\\])", r"\\\1", prefix)
