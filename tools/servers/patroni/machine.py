"""Where a node and its member of etcd stand, and what can be done to the network between them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence


class Machine(ABC):
    """One of them, or what stands for it.

    `listens_on`: the address of its servers. `host`: where clients reach them. `node_host`: where
    other machines do. `enter`: what to put before a command line so that it runs there.
    """

    listens_on: str
    host: str
    node_host: str
    enter: Sequence[str] = ()

    def passage(self, port: int) -> int:
        """The port by which Patroni's connections to or from this machine go to `port`."""
        return port

    @abstractmethod
    def cut(self) -> None:
        """Cuts it off from the other nodes and from etcd, but not from its clients."""

    @abstractmethod
    def isolate(self) -> None:
        """Cuts it off from everybody; raises ToolError where that cannot be done."""

    @abstractmethod
    def restore(self) -> None:
        """Undoes both."""


class Network(ABC):
    """All machines, and what lies between them."""

    machines: Sequence[Machine]

    @abstractmethod
    def stop(self) -> None:
        """Ends what it takes; the servers must have ended. May be called again."""
