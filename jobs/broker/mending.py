"""Keys of a type that they should not have are removed by the calls that meet them."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from jobs.broker.connection import CommandRefused, is_wrong_type, translates_errors
from jobs.broker.inspection import RedisInspection
from jobs.broker.keys import lists_of

logger = logging.getLogger(__name__)


class RedisMending(RedisInspection):
    """The part of the broker on Redis that mends. What its methods promise: see `Broker`."""

    def __init__(self, url: str, prefix: str) -> None:
        """`prefix`: what every key begins with."""
        super().__init__(url, prefix)
        self._remove = self._script("remove_wrong_types")

    @translates_errors
    def remove_wrong_types(self, queues: Sequence[str]) -> int:
        return self._remove_wrong_types([self._keys.list(*name) for name in lists_of(queues)])

    def _mended(self, lists: Sequence[str], call: Callable[[], Any]) -> Any:
        """Calls once more if a key has the wrong type, after removing it: it serves nobody, and
        must not take Redis away from all queues."""
        try:
            return call()
        except CommandRefused as error:
            if not is_wrong_type(error) or not self._remove_wrong_types(lists):
                raise
            return call()

    def _remove_wrong_types(self, lists: Sequence[str]) -> int:
        types = self._keys.types([]) | dict.fromkeys(lists, "list")
        removed = self._remove(keys=list(types), args=list(types.values()))
        for key in removed:
            logger.warning(
                "Removed %s from Redis: its type was not the one that it has here",
                key,
                extra={"event": "key.removed", "key": key},
            )
        return len(removed)
