"""Where the primary is, of servers of which another one may take over at any time.

Asked whenever a connection is made, so that a failover is an outage that ends: connections break,
and the next ones lead to the new primary.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any, cast

import redis
from redis.connection import Connection
from redis.crc import key_slot

from jobs.broker.server_group import Address, ServerGroup
from jobs.broker.tls import TlsRefused

Locate = Callable[[], Address]
"""Raises the driver's ConnectionError where nobody says."""

# Of the arguments of a connection, those that Sentinels share with the primary.
_OF_THE_WAY = ("socket_", "ssl", "retry")


def locator(
    group: ServerGroup, key: str, kind: type[Connection], member: Mapping[str, Any]
) -> Locate:
    """Says where the primary is. `key`: any of ours, which all lie in one slot of a cluster.

    `kind`, `member`: the class and the arguments of a connection to one of the servers; time limits
    and TLS hold for those that are asked, too.
    """
    if group.service:
        of_the_way = {name: one for name, one in member.items() if name.startswith(_OF_THE_WAY)}
        return _WatchedPrimary(group, kind, {**of_the_way, **group.seed_options})
    return _SlotOwner(group, kind, member, key)


class _Asked(ABC):
    """Servers that are asked one after the other; safe between threads."""

    def __init__(
        self, group: ServerGroup, kind: type[Connection], options: Mapping[str, Any]
    ) -> None:
        self._kind = kind
        self._options = options
        self._nodes: tuple[Address, ...] = group.seeds  # who answered last comes first

    def __call__(self) -> Address:
        said = []
        for node in self._nodes:
            try:
                with closing(self._client(node)) as client:
                    return self._answer(node, client)
            except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError) as error:
                said.append(error)
        # What none of them forgives is a matter of the URL, not an outage.
        kind = TlsRefused if all(isinstance(one, TlsRefused) for one in said) else _ConnectionError
        raise kind(f"nobody says where the primary is: {'; '.join(map(str, said))}")

    @abstractmethod
    def _answer(self, node: Address, client: "redis.Redis") -> Address:
        """Where the primary is; raises the driver's ConnectionError where this node cannot say."""

    def _note(self, node: Address, others: Sequence[Address] = ()) -> None:
        self._nodes = tuple(dict.fromkeys((node, *self._nodes, *others)))

    def _client(self, node: Address) -> "redis.Redis":
        host, port = node
        options = {**self._options, "host": host, "port": port}
        return redis.Redis.from_pool(redis.ConnectionPool(connection_class=self._kind, **options))


_ConnectionError = redis.exceptions.ConnectionError


class _WatchedPrimary(_Asked):
    """The primary, as Sentinels see it."""

    def __init__(
        self, group: ServerGroup, kind: type[Connection], options: Mapping[str, Any]
    ) -> None:
        super().__init__(group, kind, options)
        self._service = group.service

    def _answer(self, node: Address, client: "redis.Redis") -> Address:
        known = cast("Mapping[str, Any]", client.sentinel_masters())
        primary = known.get(self._service)
        if primary is None:
            raise _ConnectionError(f"{node[0]}:{node[1]} knows no {self._service!r}")
        if not primary["is_master"] or primary["is_sdown"] or primary["is_odown"]:
            raise _ConnectionError(f"{node[0]}:{node[1]} sees {self._service!r} down")
        self._note(node)
        return primary["ip"], int(primary["port"])


class _SlotOwner(_Asked):
    """The node of a Redis Cluster that owns the slot of our keys."""

    def __init__(
        self, group: ServerGroup, kind: type[Connection], options: Mapping[str, Any], key: str
    ) -> None:
        super().__init__(group, kind, options)
        self._slot = key_slot(key.encode())

    def _answer(self, node: Address, client: "redis.Redis") -> Address:
        # First and last slot, their owner, and its replicas.
        slots: list[list[Any]] = client.execute_command("CLUSTER SLOTS")
        for first, last, owner, *_ in slots:
            if first <= self._slot <= last:
                # Nodes that have joined are asked, too, once those that were given are gone.
                self._note(node, [_address(one, node) for _, _, *all_of in slots for one in all_of])
                return _address(owner, node)
        raise _ConnectionError(f"{node[0]}:{node[1]} knows no owner of slot {self._slot}")


def _address(node: list[Any], asked: Address) -> Address:
    """A node that knows no address of its own has the one at which it was asked."""
    host, port = node[0], node[1]
    return (host.decode() if isinstance(host, bytes) else host) or asked[0], int(port)
