"""A cluster of primaries that share the slots, each with a replica."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.errors import ToolError
from tools.ports import free_port
from tools.servers.certificates import Certificates
from tools.servers.valkey_groups.group import DOWN_AFTER_MS, ValkeyGroup, wait_for
from tools.servers.valkey_groups.member import Member

SLOTS = 16_384
# The slot of the keys that begin with `{jobs}:`.
OUR_SLOT = 9_631


class ClusterGroup(ValkeyGroup):
    """Three primaries that share the slots, each with a replica."""

    def __init__(self, home: Path, tls: Certificates | None = None) -> None:
        super().__init__(home, tls)
        self.members = [self._node(home / f"node-{n}") for n in range(1, 7)]
        self._is_founded = False

    def _node(self, home: Path) -> Member:
        options: dict[str, object] = {
            "cluster-enabled": "yes",
            "cluster-port": free_port(),
            "cluster-node-timeout": DOWN_AFTER_MS,
            "cluster-replica-validity-factor": 0,
        }
        if self.tls is not None:
            options["tls-cluster"] = "yes"
        return Member(home, self.password, options, self.tls)

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in self.members[:3])
        return f"{self.scheme}+cluster://:{self.password}@{hosts}{self.query()}"

    def start(self) -> None:
        for node in self.members:
            if not node.running:
                node.start()
        if not self._is_founded:
            self._found()
        wait_for(self._is_whole, "the cluster is not complete")

    def primary(self) -> Member:
        """The owner of our slot, as most of the nodes see it."""
        ports = [_owner(node.nodes) for node in self.members if node.running]
        known = [port for port in ports if port is not None]
        if not known:
            raise ToolError("no node knows the owner of the slot")
        return self._at(max(set(known), key=known.count))

    def switch_over(self) -> None:
        former = self.primary()
        self._replica_of(former).order("CLUSTER", "FAILOVER")
        self.wait_for_another_primary(former)

    def lose_our_slot(self) -> None:
        """Kills the owner of our slot and its replica."""
        owner = self.primary()
        for node in (self._replica_of(owner), owner):
            node.kill()

    def move_our_slot(self) -> None:
        """Moves it with its keys to another primary, key by key, as tools for resharding do."""
        owner = self.primary()
        to = next(one for one in self.members if one is not owner and one.is_primary)
        to.order("CLUSTER", "SETSLOT", OUR_SLOT, "IMPORTING", _id_of(owner))
        owner.order("CLUSTER", "SETSLOT", OUR_SLOT, "MIGRATING", _id_of(to))
        while keys := owner.order("CLUSTER", "GETKEYSINSLOT", OUR_SLOT, 100):
            way = ("127.0.0.1", to.port, "", 0, 5_000, "REPLACE", "AUTH", self.password)
            owner.order("MIGRATE", *way, "KEYS", *keys)
        for node in (to, owner):
            node.order("CLUSTER", "SETSLOT", OUR_SLOT, "NODE", _id_of(to))
        self.wait_for_another_primary(owner)

    def _replica_of(self, owner: Member) -> Member:
        own_id = _id_of(owner)
        return next(
            self._at(port) for port, one in owner.nodes.items() if one["master_id"] == own_id
        )

    def _found(self) -> None:
        primaries, replicas = self.members[:3], self.members[3:]
        share = SLOTS // 3 + 1
        for number, node in enumerate(primaries):
            last = min((number + 1) * share, SLOTS) - 1
            node.order("CLUSTER", "ADDSLOTSRANGE", number * share, last)
            node.order("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for node in self.members[1:]:
            bus = node.options["cluster-port"]
            self.members[0].order("CLUSTER", "MEET", "127.0.0.1", node.port, bus)
        count = len(self.members)
        wait_for(
            lambda: all(len(one.nodes) == count for one in self.members),
            "the nodes do not know one another",
        )
        for primary, replica in zip(primaries, replicas, strict=True):
            replica.order("CLUSTER", "REPLICATE", _id_of(primary))
        self._is_founded = True

    def _is_whole(self) -> bool:
        return all(
            node.is_in_step
            and _owner(node.nodes) is not None
            and all(one["connected"] for one in node.nodes.values())
            and node.order("CLUSTER INFO")["cluster_state"] == "ok"
            for node in self.members
        )


def _id_of(node: Member) -> str:
    return str(node.order("CLUSTER", "MYID"))


def _owner(nodes: Mapping[int, Any]) -> int | None:
    """The port of the node that owns our slot, as one of them says."""
    for port, node in nodes.items():
        flags = node["flags"].split(",")
        if "master" in flags and not {"fail", "fail?"} & set(flags):
            for first, *rest in node["slots"]:
                if int(first) <= OUR_SLOT <= int(rest[0] if rest else first):
                    return port
    return None
