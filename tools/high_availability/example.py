"""The servers of the example, and the orders that a person may give."""

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from tools.errors import ToolError
from tools.servers.patroni.group import PatroniGroup
from tools.servers.patroni.namespaces import are_permitted
from tools.servers.patroni.node import Node
from tools.servers.patroni.programs import write_patronictl
from tools.servers.valkey_groups.sentinels import SentinelGroup
from tools.terminal import problem, say, table

STRIKES: Mapping[str, Callable[[Node], None]] = {
    "crash": Node.crash,
    "kill": Node.kill,
    "freeze": Node.freeze,
    "cut": Node.cut,
    **({"isolate": Node.isolate} if are_permitted() else {}),
}


class Example:
    """Both groups; what is broken stays so until `heal`."""

    ORDERS: ClassVar = ("status", "switch-over", *STRIKES, "heal", "stop")

    def __init__(self, home: Path, *, is_synchronous: bool) -> None:
        shutil.rmtree(home, ignore_errors=True)
        self._postgres = PatroniGroup(home, is_synchronous=is_synchronous)
        self._redis = SentinelGroup(home / "redis")

    def start(self) -> None:
        self._postgres.start()
        self._redis.start()

    def stop(self) -> None:
        self._redis.stop()
        self._postgres.stop()

    def write_environment(self, path: Path) -> None:
        """The variables of the service, for nobody else to read: they contain passwords."""
        path.touch(mode=0o600)
        path.write_text(f"DATABASE_URL={self._postgres.url}\nREDIS_URL={self._redis.url}\n")

    def write_patronictl(self, path: Path) -> None:
        """A script that runs `patronictl` on these nodes."""
        write_patronictl(path, self._postgres.nodes[0].configuration, self._postgres.programs)

    def obey(self, order: str) -> bool:
        """Does one of ORDERS; returns whether to go on. What goes wrong is said."""
        if order == "stop":
            return False
        if order not in self.ORDERS:
            problem(f"{order!r}: type one of {', '.join(self.ORDERS)}.")
            return True
        try:
            self._do(order)
        except ToolError as error:
            problem(str(error))
        return True

    def _do(self, order: str) -> None:
        if order in STRIKES:
            self._strike(order)
        elif order == "switch-over":
            say(f"{self._postgres.switch_over().node_name} is the primary.")
        elif order == "heal":
            self._postgres.recover()
            self._tell()
        else:
            self._tell()

    def _strike(self, order: str) -> None:
        begun_at = time.monotonic()
        say(f"{order}: {self._postgres.primary().node_name}. Waiting for another primary ...")
        successor = self._postgres.fail_over(STRIKES[order])
        seconds = time.monotonic() - begun_at
        say(f"{successor.node_name} is the primary, after {seconds:.1f} s. `heal` undoes it.")

    def _tell(self) -> None:
        columns = ("name", "role", "state", "timeline", "lag")
        table(columns, [[one.get(name, "") for name in columns] for one in self._postgres.members])
