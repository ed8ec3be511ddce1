"""Keys of a type that they should not have are removed by the calls that meet them."""

import logging
from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from jobs.broker.base import ListName
from jobs.broker.connection import CommandRefused, is_wrong_type, translates_errors
from jobs.broker.entries import delayed_message_of
from jobs.broker.inspection import RedisInspection
from jobs.broker.keys import lists_of

logger = logging.getLogger(__name__)

# Up to this many entries are taken out of a list one by one. For each of them Redis walks through
# the list: some 5 ms for a million.
ENTRIES_ONE_BY_ONE = 100


class RedisMending(RedisInspection):
    """The part of the broker on Redis that mends. What its methods promise: see `Broker`."""

    def __init__(self, url: str, prefix: str) -> None:
        """`prefix`: what every key begins with."""
        super().__init__(url, prefix)
        self._remove = self._script("remove_wrong_types")

    @translates_errors
    def remove_wrong_types(self, queues: Sequence[str]) -> int:
        return self._remove_wrong_types([self._keys.list(*name) for name in lists_of(queues)])

    def remove_jobs(self, queues: Sequence[str], job_ids: Collection[UUID]) -> None:
        unknown = frozenset(job_ids)
        for members in self._delayed_slices():
            self._remove_delayed(
                [
                    member
                    for member, _ in members
                    if (message := delayed_message_of(member)) and message.job_id in unknown
                ]
            )
        for name in lists_of(queues):
            self._remove_entries(
                name,
                [
                    entry.encode()
                    for slice_ in self._list_slices(name)
                    for entry in slice_
                    if entry.message.job_id in unknown
                ],
            )

    @translates_errors
    def _remove_delayed(self, members: Sequence[str]) -> None:
        if members:
            self._client.zrem(self._keys.delayed, *members)

    @translates_errors
    def _remove_entries(self, name: ListName, entries: Sequence[str]) -> None:
        """Each entry costs a walk through its list; a new list costs a dispatch for each job."""
        key = self._keys.list(*name)
        if len(entries) > ENTRIES_ONE_BY_ONE:
            self._client.unlink(key)
            return
        for entry in entries:
            self._client.lrem(key, 0, entry)

    def _mended(self, lists: Sequence[str], call: Callable[[], Any]) -> Any:
        """Calls once more if a key has the wrong type, after removing it: it serves nobody, and
        must not take Redis away from all queues."""
        try:
            return call()
        except CommandRefused as error:
            if not is_wrong_type(error):
                raise
            self._remove_wrong_types(lists)  # unless another process has done so at this moment
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
