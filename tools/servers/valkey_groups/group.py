"""What both kinds of groups can do."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

from tools.errors import ToolError
from tools.servers.certificates import Certificates
from tools.servers.valkey_groups.member import Member
from tools.waiting import wait_until

# Short, so that a failover takes seconds; in production 5,000 and more.
DOWN_AFTER_MS = 1_000
_SECONDS = 60.0


class ValkeyGroup(ABC):
    """Base of both; `members` are the servers that hold data."""

    members: list[Member]

    def __init__(self, home: Path, tls: Certificates | None = None) -> None:
        """`tls`: what its servers prove themselves with, and take each other's connections by."""
        self.home = home
        self.tls = tls
        self.password = secrets.token_urlsafe(24)

    @property
    def scheme(self) -> str:
        """How its URL begins."""
        return "redis" if self.tls is None else "rediss"

    def query(self, **options: str) -> str:
        """The end of its URL, with these options and what it says of TLS."""
        if self.tls is not None:
            options["ssl_ca_certs"] = str(self.tls.authority)
        return f"?{urlencode(options)}" if options else ""

    @property
    @abstractmethod
    def url(self) -> str:
        """What REDIS_URL is for it."""

    @abstractmethod
    def start(self) -> None:
        """Starts what is down; returns when there is a primary, and who could take over."""

    @abstractmethod
    def primary(self) -> Member:
        """The server that clients are sent to; raises ToolError if there is none."""

    @abstractmethod
    def switch_over(self) -> None:
        """Makes another server the primary, in order; returns when it is."""

    def wait_for_another_primary(self, former: Member) -> Member:
        """Returns the server that has taken over from `former`."""
        wait_for(lambda: self._primary_or_none() not in (None, former), "no other primary")
        return self.primary()

    def stop(self) -> None:
        for member in self.members:
            with suppress(OSError, ToolError):
                member.stop()

    def _primary_or_none(self) -> Member | None:
        with suppress(ToolError):
            return self.primary()
        return None

    def _at(self, port: int) -> Member:
        return next(one for one in self.members if one.port == port)


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Returns once it is true; raises ToolError after a minute. `what`: what did not happen."""
    wait_until(condition, _SECONDS, what, 0.1)
