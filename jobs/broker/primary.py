"""Where the primary is, of servers of which another one may take over at any time.

Asked whenever a connection is made, so that a failover is an outage that ends: connections break,
and the next ones lead to the new primary.
"""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import redis
from redis.crc import key_slot
from redis.sentinel import Sentinel

from jobs.broker.server_group import Address, ServerGroup

Locate = Callable[[], Address]
"""Raises the driver's ConnectionError where nobody says."""


def locator(group: ServerGroup, key: str, member: dict[str, Any]) -> Locate:
    """Says where the primary is. `key`: any of ours, which all lie in one slot of a cluster.

    `member`: the arguments of a connection to one of the servers; time limits and TLS hold for
    those that are asked, too.
    """
    if group.service:
        asked = {name: value for name, value in member.items() if _is_of_the_way(name)}
        sentinel = Sentinel(group.seeds, sentinel_kwargs={**asked, **group.seed_options})
        return lambda: sentinel.discover_master(group.service)
    return _SlotOwner(group, key, member)


class _SlotOwner:
    """The node of a Redis Cluster that owns the slot of our keys; safe between threads."""

    def __init__(self, group: ServerGroup, key: str, member: dict[str, Any]) -> None:
        self._slot = key_slot(key.encode())
        self._member = member
        self._nodes: tuple[Address, ...] = group.seeds  # who answered last comes first

    def __call__(self) -> Address:
        said = []
        for node in self._nodes:
            try:
                slots = self._slots(node)
            except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError) as error:
                said.append(f"{node[0]}:{node[1]} - {error}")
                continue
            for first, last, owner, *_ in slots:
                if first <= self._slot <= last:
                    self._note(node, slots)
                    return _address(owner, node)
            said.append(f"{node[0]}:{node[1]} - it knows no owner of slot {self._slot}")
        raise redis.exceptions.ConnectionError(f"no node of the cluster: {'; '.join(said)}")

    def _slots(self, node: Address) -> list[list[Any]]:
        """What CLUSTER SLOTS answers: first and last slot, their owner, and its replicas."""
        host, port = node
        with closing(redis.Redis(**{**self._member, "host": host, "port": port})) as client:
            slots: list[list[Any]] = client.execute_command("CLUSTER SLOTS")
        return slots

    def _note(self, node: Address, slots: list[list[Any]]) -> None:
        """Nodes that have joined are asked, too, once those that were given are gone."""
        others = (_address(one, node) for _, _, *nodes in slots for one in nodes)
        self._nodes = tuple(dict.fromkeys((node, *self._nodes, *others)))


def _address(node: list[Any], asked: Address) -> Address:
    """A node that knows no address of its own has the one at which it was asked."""
    host, port = node[0], node[1]
    return (host.decode() if isinstance(host, bytes) else host) or asked[0], int(port)


def _is_of_the_way(name: str) -> bool:
    return name.startswith(("socket_", "ssl"))
