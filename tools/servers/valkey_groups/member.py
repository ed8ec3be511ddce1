"""One server of a group."""

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tools.servers.certificates import Certificates
from tools.servers.debian_redis import find_redis
from tools.servers.valkey import Valkey

_ASK_SECONDS = 5.0


class Member(Valkey):
    """One server of a group; all have the password of the group."""

    def __init__(
        self,
        home: Path,
        password: str,
        options: Mapping[str, object],
        tls: Certificates | None = None,
    ) -> None:
        """`options`: further lines of its configuration.

        With `tls` it takes nothing else, by a certificate for localhost and 127.0.0.1; and it is
        Debian's Redis, as the wheel's Valkey has no TLS.
        """
        super().__init__(home)
        self._password = password
        self._tls = tls
        self._pair = tls.pair_for("localhost", "127.0.0.1") if tls else None
        self.options = dict(options)
        if tls is not None and (pair := self._pair):
            self.options |= {"port": 0, "tls-port": self.port, "tls-auth-clients": "optional"}
            self.options |= {"tls-replication": "yes", "tls-ca-cert-file": tls.authority}
            self.options |= {"tls-cert-file": pair.certificate, "tls-key-file": pair.key}

    @property
    def password(self) -> str:
        return self._password

    def command(self) -> Sequence[str]:
        return super().command() if self._tls is None else [str(find_redis()), "-"]

    def answers(self) -> bool:
        """Whether it says PONG; while it reads its file it says LOADING instead."""
        try:
            return bool(self.order("PING"))
        except (redis.exceptions.RedisError, OSError):
            return False

    def standard_input(self) -> bytes:
        return super().standard_input() + lines({"masterauth": self._password, **self.options})

    @property
    def is_primary(self) -> bool:
        """Whether it takes itself for the primary; false while it does not answer."""
        return self._told("INFO", "replication").get("role") == "master"

    @property
    def is_in_step(self) -> bool:
        """Whether it is a primary, or a replica that has what its primary has."""
        told = self._told("INFO", "replication")
        return told.get("role") == "master" or told.get("master_link_status") == "up"

    @property
    def nodes(self) -> dict[int, Any]:
        """What it says of the nodes of its cluster, by port; empty while it does not answer."""
        said = self._told("CLUSTER NODES")
        return {int(address.rpartition(":")[2]): node for address, node in said.items()}

    def order(self, *words: object) -> Any:
        """What it answers to a command; raises the driver's RedisError."""
        with closing(
            redis.Redis(
                port=self.port,
                password=self.password,
                decode_responses=True,
                socket_timeout=_ASK_SECONDS,
                **self._tls_options(),
                retry=Retry(NoBackoff(), 0),
            )
        ) as client:
            return client.execute_command(*words)

    def _tls_options(self) -> dict[str, Any]:
        """Whatever its certificate says, and whether or not it asks for one."""
        if self._pair is None:
            return {}
        return {
            "ssl": True,
            "ssl_cert_reqs": "none",
            "ssl_certfile": str(self._pair.certificate),
            "ssl_keyfile": str(self._pair.key),
        }

    def _told(self, *words: object) -> Mapping[str, Any]:
        with suppress(redis.exceptions.RedisError):
            told: Mapping[str, Any] = self.order(*words)
            return told
        return {}


class RememberingMember(Member):
    """Its configuration is a file, in which it writes what it learns: whom it follows, for one.

    Killed and started again it is what it was, as a server is that runs for years.
    """

    _is_configured = False

    def prepare(self) -> None:
        super().prepare()
        if not self._is_configured:  # what an earlier run has left has other ports
            self._configuration.touch(mode=0o600)
            self._configuration.write_bytes(self.configuration())
            self._is_configured = True

    def command(self) -> Sequence[str]:
        return [super().command()[0], str(self._configuration)]

    def standard_input(self) -> bytes:
        return b""

    def configuration(self) -> bytes:
        """What it begins with."""
        return super().standard_input()

    @property
    def _configuration(self) -> Path:
        return self.home / "server.conf"


def lines(values: Mapping[str, object]) -> bytes:
    """A configuration."""
    return "".join(f"{name} {value}\n" for name, value in values.items()).encode()
