"""The broker on Redis or Valkey (7.0 or newer)."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.broker.base import Depth, ListName
from jobs.broker.keys import Keys, lists_of
from jobs.core.errors import BrokerUnavailable
from jobs.core.message import Fetched, QueueMessage

CONNECT_TIMEOUT_SECONDS = 1.0
SOCKET_TIMEOUT_SECONDS = 2.0
# Longer than the block itself, so that a silent Redis is told from an empty list.
BLOCK_MARGIN_SECONDS = 2.0
LONGEST_BLOCK_SECONDS = 2.0
# Reading everything that Redis holds must not keep the workers waiting.
SLICE = 1_000
DONE = "done:"

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


def _translates_errors(
    method: Callable[Concatenate["RedisBroker", P], R],
) -> Callable[Concatenate["RedisBroker", P], R]:
    @wraps(method)
    def call(self: "RedisBroker", /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(self, *args, **kwargs)
        except redis.exceptions.ReadOnlyError as error:
            # Connected to a former primary: the next connection asks for the name anew.
            self._disconnect_idle()
            raise BrokerUnavailable(f"Redis is read-only: {error}") from error
        except redis.exceptions.RedisError as error:
            raise BrokerUnavailable(f"Redis: {error}") from error

    return call


class RedisBroker:
    """One per process; connections are pooled, and made anew when they break."""

    def __init__(self, url: str, prefix: str, cache_mark_seconds: int) -> None:
        self._keys = Keys(prefix)
        self._cache_mark_seconds = cache_mark_seconds
        self._client = _connect(url, SOCKET_TIMEOUT_SECONDS)
        self._blocking_client = _connect(url, LONGEST_BLOCK_SECONDS + BLOCK_MARGIN_SECONDS)
        self._fetch = self._script("fetch")
        self._dispatch_later = self._script("dispatch_later")
        self._promote_due = self._script("promote_due")
        self._mark_done = self._script("mark_done")

    def _script(self, name: str) -> Any:
        source = (Path(__file__).parent / "scripts" / f"{name}.lua").read_text(encoding="utf-8")
        return self._client.register_script(source)

    def disconnect(self) -> None:
        """Drops every connection; the next call makes new ones. For the last user alone."""
        self._client.connection_pool.disconnect()
        self._blocking_client.connection_pool.disconnect()

    def _disconnect_idle(self) -> None:
        """Leaves alone what other threads are reading from: they find out by themselves."""
        self._client.connection_pool.disconnect(inuse_connections=False)
        self._blocking_client.connection_pool.disconnect(inuse_connections=False)

    @_translates_errors
    def dispatch(self, messages: Sequence[QueueMessage]) -> None:
        self._push(messages, "lpush")

    @_translates_errors
    def push_back(self, messages: Sequence[QueueMessage]) -> None:
        self._push(messages[::-1], "rpush")  # the one pushed last comes out first

    def _push(self, messages: Sequence[QueueMessage], command: str) -> None:
        pushes = [
            (self._keys.list(*name), [message.encode() for message in group])
            for name, group in groupby(messages, attrgetter("queue", "priority"))
        ]
        if len(pushes) == 1:
            getattr(self._client, command)(pushes[0][0], *pushes[0][1])
            return
        with self._client.pipeline(transaction=False) as pipeline:
            for key, encoded in pushes:
                getattr(pipeline, command)(key, *encoded)
            pipeline.execute()

    @_translates_errors
    def dispatch_later(self, messages: Sequence[tuple[QueueMessage, float]]) -> None:
        if not messages:
            return
        arguments: list[Any] = []
        for message, seconds in messages:
            arguments += (seconds, self._keys.delayed_member(message))
        self._dispatch_later(keys=[self._keys.delayed], args=arguments)

    @_translates_errors
    def promote_due(self, limit: int) -> int:
        return int(
            self._promote_due(keys=[self._keys.delayed], args=[limit, self._keys.list_prefix])
        )

    @_translates_errors
    def fetch(self, queues: Sequence[str], limit: int) -> list[Fetched]:
        lists = lists_of(queues)
        keys = self._keys
        arguments: list[Any] = [limit, self._cache_mark_seconds, keys.seen_prefix, keys.writable]
        reply = self._fetch(keys=[keys.list(*name) for name in lists], args=arguments)
        triples = zip(reply[::3], reply[1::3], reply[2::3], strict=True)
        return [
            Fetched(message, mark)
            for number, text, mark in triples
            if (message := _decode(text, lists[number - 1]))
        ]

    @_translates_errors
    def wait(self, queues: Sequence[str], timeout_seconds: float) -> QueueMessage | None:
        names = {self._keys.list(*name): name for name in lists_of(queues)}
        popped = self._blocking_client.brpop(
            list(names), timeout=min(timeout_seconds, LONGEST_BLOCK_SECONDS)
        )
        if not popped:
            return None
        key, text = popped
        return _decode(text, names[key])

    @_translates_errors
    def mark_done(self, done: Sequence[tuple[str, UUID]]) -> None:
        if not done:
            return
        arguments: list[Any] = [self._cache_mark_seconds, self._keys.seen_prefix]
        for effect_key, job_id in done:
            arguments += (effect_key, str(job_id))
        self._mark_done(keys=[self._keys.delayed], args=arguments)

    @_translates_errors
    def clear_cache_marks(self, effect_keys: Iterable[str]) -> None:
        keys = [self._keys.seen(effect_key) for effect_key in effect_keys]
        if keys:
            self._client.unlink(*keys)

    @_translates_errors
    def next_out(self, queues: Sequence[str]) -> dict[ListName, UUID | None]:
        lists = lists_of(queues)
        with self._client.pipeline(transaction=False) as pipeline:
            for name in lists:
                pipeline.lindex(self._keys.list(*name), -1)
            heads = pipeline.execute()
        next_out: dict[ListName, UUID | None] = {}
        for name, head in zip(lists, heads, strict=True):
            message = _decode(head, name) if head else None
            if message or not head:  # behind what nobody can read, nothing is known
                next_out[name] = message.job_id if message else None
        return next_out

    @_translates_errors
    def check_writable(self) -> None:
        # Changes nothing and leaves no key, but is refused like any write that needs memory.
        self._client.setrange(self._keys.writable, 0, "")

    @_translates_errors
    def depth(self, queues: Sequence[str]) -> Depth:
        lists = lists_of(queues)
        with self._client.pipeline(transaction=False) as pipeline:
            for name in lists:
                pipeline.llen(self._keys.list(*name))
            pipeline.zcard(self._keys.delayed)
            *lengths, delayed = pipeline.execute()
        return Depth(dict(zip(lists, lengths, strict=True)), delayed)

    def waiting_messages(self, queues: Sequence[str]) -> Iterator[list[QueueMessage]]:
        # Delayed ones first: what becomes due meanwhile turns up in a list.
        cursor: int | None = None
        while cursor != 0:
            cursor, members = self._scan_delayed(cursor or 0)
            yield [message for member in members if (message := _decode_delayed(member))]
        for name in lists_of(queues):
            yield from self._list_slices(name)

    def _list_slices(self, name: ListName) -> Iterator[list[QueueMessage]]:
        """From the end where ids come in: pushes repeat some, pops take away none."""
        start = 0
        while texts := self._list_slice(name, start):
            yield [message for text in texts if (message := _decode(text, name))]
            start += SLICE

    @_translates_errors
    def _list_slice(self, name: ListName, start: int) -> list[str]:
        slice_: list[str] = self._client.lrange(self._keys.list(*name), start, start + SLICE - 1)
        return slice_

    @_translates_errors
    def _scan_delayed(self, cursor: int) -> tuple[int, list[str]]:
        cursor, members = self._client.zscan(self._keys.delayed, cursor, count=SLICE)
        return cursor, [member for member, _ in members]

    def done_cache_marks(self) -> Iterator[list[tuple[str, UUID]]]:
        cursor: int | None = None
        while cursor != 0:
            cursor, marks = self._scan_cache_marks(cursor or 0)
            yield [
                (key, job_id)
                for key, mark in marks
                if mark and mark.startswith(DONE) and (job_id := _uuid(mark.removeprefix(DONE)))
            ]

    @_translates_errors
    def _scan_cache_marks(self, cursor: int) -> tuple[int, list[tuple[str, str | None]]]:
        prefix = self._keys.seen_prefix
        cursor, names = self._client.scan(cursor, match=f"{_literal(prefix)}*", count=SLICE)
        marks = self._client.mget(names) if names else []
        return cursor, [
            (name.removeprefix(prefix), mark) for name, mark in zip(names, marks, strict=True)
        ]

    @_translates_errors
    def ping(self) -> None:
        self._client.ping()

    @_translates_errors
    def forget_everything(self) -> None:
        """Removes every key below the prefix: harmless, as the ledger knows it all."""
        keys = list(self._client.scan_iter(match=f"{self._keys.prefix}*", count=1_000))
        if keys:
            self._client.unlink(*keys)


def _decode(text: str, name: ListName) -> QueueMessage | None:
    """None for what is not ours: it is dropped, as whatever it hides is rung again."""
    try:
        return QueueMessage.decode(text, *name)
    except ValueError:
        logger.warning("Dropped %r from list %s: not a message", text[:80], name)
        return None


def _decode_delayed(member: str) -> QueueMessage | None:
    queue, _, rest = member.partition(":")
    priority, _, text = rest.partition(":")
    return _decode(text, (queue, int(priority))) if priority.isdigit() else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _literal(prefix: str) -> str:
    """The prefix as SCAN must be given it, should it hold what means something to a pattern."""
    return re.sub(r"([*?\[\]\\])", r"\\\1", prefix)


def _connect(url: str, socket_timeout_seconds: float) -> Any:
    # One immediate second try: a connection that a restart has cut costs nobody an error.
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        encoding_errors="backslashreplace",  # bytes that are no text are junk like any other
        socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
        socket_timeout=socket_timeout_seconds,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.exceptions.ConnectionError,)),
    )
