"""One of the two versions at work: its API behind the front, and its workers."""

from dataclasses import dataclass

from tools.chaos.client import Client
from tools.chaos.pause import pause
from tools.chaos.processes import Api, Crew
from tools.errors import ToolError
from tools.servers.haproxy import HAProxy
from tools.waiting import wait_until

_SERVED_SECONDS = 60.0
_DRAINED_SECONDS = 60.0


@dataclass
class Version:
    """`name`: what the front calls it, `old` or `new`."""

    name: str
    api: Api
    crew: Crew
    front: HAProxy

    def join(self) -> None:
        """Starts it beside whatever is there; returns when clients get to it and workers work."""
        self.api.start()
        self.api.wait_until(Client(self.api.port).is_ready)
        self.serve()
        self.crew.complete()

    def serve(self) -> None:
        """Returns when clients get to its API, which is there."""
        self.front.tell(f"set server jobs/{self.name} state ready")
        wait_until(
            lambda: self._told("status").startswith("UP"),
            _SERVED_SECONDS,
            f"the front did not see the {self.name} API",
            wait=pause,
        )

    def leave(self) -> None:
        """Takes no new call, answers those that it has, and ends; then its workers end.

        Raises `ToolError` if a worker does not end in order.
        """
        self.front.tell(f"set server jobs/{self.name} state drain")
        wait_until(
            lambda: self._told("scur") == "0",
            _DRAINED_SECONDS,
            f"the {self.name} API was not done with its calls",
            wait=pause,
        )
        self.api.stop()
        workers = list(self.crew.workers)
        self.crew.end()
        if odd := [one.name for one in workers if one.exit_status != 0]:
            raise ToolError(f"These workers did not end in order: {', '.join(odd)}.")

    def end(self) -> None:
        """Ends what is left of it, in no order."""
        self.crew.end()
        self.api.stop()

    def _told(self, column: str) -> str:
        """What the front says of it, by the names of `show stat`."""
        header, *lines = self.front.tell("show stat").splitlines()
        names = header.removeprefix("# ").split(",")
        for line in lines:
            row = dict(zip(names, line.split(","), strict=False))
            if (row["pxname"], row["svname"]) == ("jobs", self.name):
                return row[column]
        raise ToolError(f"The front has no server {self.name}.")
