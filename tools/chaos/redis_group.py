"""The Redis of bin/chaos where it is several servers: primaries are killed, frozen and replaced."""

import signal
from pathlib import Path

from tools.servers.valkey_groups.cluster import ClusterGroup
from tools.servers.valkey_groups.group import ValkeyGroup
from tools.servers.valkey_groups.member import Member
from tools.servers.valkey_groups.sentinels import SentinelGroup

SENTINELS = "sentinels"
CLUSTER = "cluster"
KINDS = {SENTINELS: SentinelGroup, CLUSTER: ClusterGroup}


class RedisGroup:
    """A group of servers, with what faults do to one server done to its primary."""

    def __init__(self, directory: Path, kind: str) -> None:
        self.group: ValkeyGroup = KINDS[kind](directory)
        self._frozen: list[Member] = []

    @property
    def url(self) -> str:
        return self.group.url

    def start(self) -> None:
        self.group.start()

    def stop(self) -> None:
        self.group.stop()

    def forget(self) -> None:
        """Nothing: a group is new with each run."""

    def empty(self) -> None:
        """FLUSHALL."""
        self.group.primary().order("FLUSHALL")

    def size(self) -> int:
        """Returns how many keys the primary has."""
        return int(self.group.primary().order("DBSIZE"))

    def kill(self) -> Member:
        """Kills the primary; returns the server that takes over."""
        killed = self.group.primary()
        killed.kill()
        return self.group.wait_for_another_primary(killed)

    def freeze(self) -> None:
        """SIGSTOP for the primary; returns when another one has taken over."""
        frozen = self.group.primary()
        assert frozen.process is not None
        self._frozen.append(frozen)
        frozen.process.send_signal(signal.SIGSTOP)
        self.group.wait_for_another_primary(frozen)

    def thaw(self) -> None:
        """The former primary goes on, believes that it still is the primary, and is told."""
        while self._frozen:
            frozen = self._frozen.pop()
            if frozen.process is not None and frozen.running:
                frozen.process.send_signal(signal.SIGCONT)

    def recover(self) -> None:
        """Undoes every fault: all servers run and know one another."""
        self.thaw()
        self.group.start()
