"""Pools of connections to Redis, by the URL: one server, or the primary of several."""

from typing import Any, cast

import redis
from redis.connection import Connection, SSLConnection, parse_url

from jobs.broker.primary import Locate, locator
from jobs.broker.server_group import server_group
from jobs.broker.tls import EncryptedConnection, PlainConnection


def connection_pool(url: str, key: str, **options: Any) -> redis.ConnectionPool:
    """Connections to the server that holds our keys, one of which is `key`.

    `options`: further arguments of a connection.
    """
    group = server_group(url)
    member = {**options, **parse_url(group.member_url if group else url)}
    kind = member.pop("connection_class", Connection)
    if kind not in (Connection, SSLConnection):  # a socket of this machine
        return redis.ConnectionPool(connection_class=kind, **member)
    is_encrypted = kind is SSLConnection
    single = EncryptedConnection if is_encrypted else PlainConnection
    if group is None:
        return redis.ConnectionPool(connection_class=single, **member)
    return redis.ConnectionPool(
        connection_class=_EncryptedToPrimary if is_encrypted else _ToPrimary,
        locate=locator(group, key, single, member),
        **member,
    )


class _OfPrimary(Connection):
    """Finds out where the primary is each time it connects."""

    def __init__(self, *, locate: Locate, **options: Any) -> None:
        self._locate = locate
        super().__init__(**options)

    def _connect(self) -> Any:
        self.host, self.port = self._locate()
        return super()._connect()

    def on_connect_check_health(self, check_health: bool = True) -> None:
        super().on_connect_check_health(check_health=check_health)
        # Whoever says where the primary is may be late, and a replica refuses writes only.
        self.send_command("ROLE", check_health=False)
        role = cast("list[Any]", self.read_response())[0]
        if role not in ("master", b"master"):
            raise redis.exceptions.ConnectionError(f"{self.host}:{self.port} is no primary")

    def read_response(self, *args: Any, **options: Any) -> Any:
        """What the server answers. One that is not the primary has not run the command.

        Raises ConnectionError then, after which the driver tries again with a new connection.
        """
        try:
            return super().read_response(*args, **options)
        except (redis.exceptions.MovedError, redis.exceptions.ReadOnlyError) as error:
            self.disconnect()
            raise redis.exceptions.ConnectionError(
                f"{self.host}:{self.port} is no primary of our keys any more: {error}"
            ) from error


class _ToPrimary(_OfPrimary, PlainConnection):
    """Without TLS."""


class _EncryptedToPrimary(_OfPrimary, EncryptedConnection):
    """By TLS."""
