"""The whole group: what clients see of it, and what can be done to it."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from tools.errors import ToolError
from tools.servers.patroni.configuration import ROLE, Passwords
from tools.servers.patroni.etcd import EtcdGroup
from tools.servers.patroni.links import Links
from tools.servers.patroni.machine import Network
from tools.servers.patroni.namespaces import Namespaces, are_permitted
from tools.servers.patroni.node import Node
from tools.servers.patroni.programs import find_programs
from tools.waiting import wait_until

NODES = 3
_SECONDS = 300.0  # on a busy machine
_CONNECT_SECONDS = 2


class PatroniGroup:
    """Three nodes and three members of etcd, below `home`. Their data is new with each run."""

    def __init__(self, home: Path, *, is_synchronous: bool = True) -> None:
        self.home = home
        self.is_synchronous = is_synchronous
        self.programs = find_programs()
        self._passwords = Passwords(*(secrets.token_urlsafe(24) for _ in range(4)))
        self.network: Network = Namespaces(NODES) if are_permitted() else Links(NODES)
        machines = self.network.machines
        self._etcd = EtcdGroup(home, machines, self.programs.etcd, self._passwords.etcd)
        self.nodes = [
            Node(
                home / f"node-{number}",
                machine,
                self.programs,
                self._passwords,
                self._etcd.members,
                is_synchronous=is_synchronous,
            )
            for number, machine in enumerate(machines, 1)
        ]

    @property
    def url(self) -> str:
        """What DATABASE_URL is for it."""
        return self._url_of(ROLE)

    @property
    def members(self) -> Sequence[Mapping[str, Any]]:
        """What the first node that answers says of all nodes; none if no node does."""
        return next((found for node in self.nodes if (found := node.members)), [])

    def start(self) -> None:
        """Starts what is down; returns when there is a primary, and the others follow it."""
        self._etcd.start()
        for node in self.nodes:
            if not node.running:
                node.start()
        wait_until(self._is_whole, _SECONDS, f"the nodes were not complete; see {self.home}", 0.2)
        wait_until(self._has_database, _SECONDS, "the database could not be made", 0.2)

    def stop(self) -> None:
        """Ends all of it; their data is written."""
        for node in self.nodes:
            node.thaw()
            node.restore()
            node.ask_to_stop()
        for node in self.nodes:
            with suppress(OSError, ToolError):
                node.stop()
        self._etcd.stop()
        self.network.stop()

    def thaw(self) -> None:
        """A frozen node goes on; a former primary believes that it still is one, and is told."""
        for node in self.nodes:
            node.thaw()

    def recover(self) -> None:
        """Undoes every fault: all nodes run, and the others follow the primary."""
        self.thaw()
        for node in self.nodes:
            node.restore()
        self.start()

    def primary(self) -> Node:
        """The node that clients are sent to; raises ToolError if there is none."""
        for node in self.nodes:
            if node.is_primary:
                return node
        raise ToolError("no node is the primary")

    def fail_over(self, strike: Callable[[Node], None]) -> Node:
        """Does something to the primary; returns the node that takes over, which may take a while.

        `strike`: such as `Node.kill`. The former primary stays as it is until `recover`.
        """
        struck = self.primary()
        strike(struck)
        return self._wait_for_another_primary(struck)

    def switch_over(self) -> Node:
        """Makes another node the primary, in order; returns it."""
        return self.fail_over(
            lambda former: former.order("/switchover", {"leader": former.node_name})
        )

    def lose_etcd(self) -> None:
        """Kills so many members of etcd that the others are no majority."""
        for member in self._etcd.members[: NODES // 2 + 1]:
            member.kill()

    def wait_until_leaderless(self) -> None:
        """Returns when no node is the primary any more."""
        wait_until(
            lambda: not any(node.is_primary for node in self.nodes),
            _SECONDS,
            "a node is the primary still",
            0.1,
        )

    def restart_primary(self) -> None:
        """Restarts PostgreSQL on the primary, in order, as for a parameter that needs it."""
        primary = self.primary()
        primary.order("/restart", {})
        wait_until(lambda: primary.is_primary, _SECONDS, "the primary did not come back", 0.1)

    def _wait_for_another_primary(self, former: Node) -> Node:
        """Returns the node that has taken over from `former`, which is not asked."""
        others = [node for node in self.nodes if node is not former]
        found: list[Node] = []

        def is_found() -> bool:
            found[:] = [node for node in others if node.is_primary]
            return bool(found)

        wait_until(is_found, _SECONDS, f"no other node became the primary; see {self.home}", 0.1)
        return found[0]

    def _is_whole(self) -> bool:
        """Whether each node runs, the others follow the primary, and one of them synchronously."""
        members = self.members
        roles = [str(one["role"]) for one in members]
        follower = "sync_standby" if self.is_synchronous else "replica"
        return (
            len(roles) == NODES
            and "leader" in roles
            and follower in roles
            and len({one.get("timeline") for one in members}) == 1
            and sum(node.is_primary for node in self.nodes) == 1
            and sum(node.is_replica for node in self.nodes) == NODES - 1
        )

    def _has_database(self) -> bool:
        """Whether there is one for the jobs; makes it as soon as the primary takes writes."""
        with suppress(psycopg.OperationalError):
            with psycopg.connect(
                self._url_of("postgres"),
                autocommit=True,
                connect_timeout=_CONNECT_SECONDS,
            ) as session:
                known = session.execute("SELECT 1 FROM pg_database WHERE datname = %s", [ROLE])
                if known.fetchone() is None:
                    session.execute(f"CREATE DATABASE {ROLE}")
            return True
        return False

    def _url_of(self, database: str) -> str:
        hosts = ",".join(node.address for node in self.nodes)
        password = self._passwords.superuser
        return f"postgres://{ROLE}:{password}@{hosts}/{database}?target_session_attrs=read-write"
