"""Who watches a job is told of its changes, over one channel."""

import logging
from collections.abc import Callable, Collection
from functools import partial
from time import monotonic
from typing import Any
from uuid import UUID

from jobs.broker.connection import SOCKET_TIMEOUT_SECONDS, translates_errors
from jobs.broker.mending import RedisMending
from jobs.core.announcement import Announcement
from jobs.core.errors import BrokerUnavailable

logger = logging.getLogger(__name__)

# For how long the answer that nobody watches is believed where being late by so much is allowed.
BELIEVED_SECONDS = 1.0


class RedisAnnouncing(RedisMending):
    """The part of the broker on Redis that announces. What its methods promise: see `Broker`."""

    def __init__(self, url: str, prefix: str) -> None:
        """`prefix`: what every key begins with."""
        super().__init__(url, prefix)
        self._watch = self._script("watch")
        self._announce = self._script("announce")
        self._is_watched = False
        self._asked_at = float("-inf")
        self._was_refused = False

    @translates_errors
    def watch(self, job_ids: Collection[UUID], seconds: float) -> None:
        if job_ids:
            keys, arguments = [self._keys.watched], [seconds, *map(str, job_ids)]
            self._mended([], lambda: self._watch(keys=keys, args=arguments))

    @translates_errors
    def announce(
        self,
        *,
        final: Collection[UUID] = (),
        changed: Collection[UUID] = (),
        may_miss_new: bool = False,
    ) -> None:
        if not self._is_anything_watched(may_miss_new=may_miss_new):
            return
        keys = [self._keys.watched]
        arguments = [self._keys.announced, len(final), *map(str, final), *map(str, changed)]
        if refusal := self._mended([], lambda: self._announce(keys=keys, args=arguments)):
            self._log_refusal(refusal)

    @translates_errors
    def subscribe(self) -> "RedisSubscription":
        listener = self._blocking_client.pubsub()
        try:
            listener.subscribe(self._keys.announced)
            # What is announced from here on comes: Redis has confirmed the subscription.
            if listener.get_message(timeout=SOCKET_TIMEOUT_SECONDS) is None:
                raise BrokerUnavailable("Redis: it did not confirm a subscription")
        except BaseException:
            listener.close()
            raise
        return RedisSubscription(partial(self._next, listener), listener.close)

    @translates_errors
    def _next(self, listener: Any, seconds: float) -> Announcement | None:
        message = listener.get_message(timeout=seconds)
        if message is None or message["type"] != "message":
            return None
        try:
            return Announcement.decode(message["data"])
        except ValueError:
            return None

    def _is_anything_watched(self, *, may_miss_new: bool) -> bool:
        """Mostly nothing is; then this is the only command."""
        now = monotonic()
        if not may_miss_new or now - self._asked_at >= BELIEVED_SECONDS:
            self._is_watched = bool(self._client.exists(self._keys.watched))
            self._asked_at = now
        return self._is_watched

    def _log_refusal(self, refusal: str) -> None:
        if not self._was_refused:
            self._was_refused = True
            logger.warning(
                "Redis refuses to publish on %s, so clients that wait are answered late: %s",
                self._keys.announced,
                refusal,
                extra={"event": "announcement.refused", "channel": self._keys.announced},
            )


class RedisSubscription:
    """The announcements that come in from now on; used from one thread."""

    def __init__(
        self, receive: Callable[[float], Announcement | None], close: Callable[[], None]
    ) -> None:
        self._receive = receive
        self._close = close

    def next(self, seconds: float) -> Announcement | None:
        return self._receive(seconds)

    def close(self) -> None:
        self._close()
