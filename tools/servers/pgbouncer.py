"""PgBouncer in transaction mode, before a PostgreSQL that is there: for tests and measures.

Not among the servers of development: a deployment may have a pooler, and needs none.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tools.debian import find_program
from tools.servers.server import Server
from tools.servers.unprivileged import as_unprivileged, unprivileged_user

_PACKAGE = "pgbouncer"

# `server_lifetime` and the like stay as they are by default. Passwords are taken from the list of
# users for both sides, so that PostgreSQL still asks for one.
_CONFIGURATION = """\
[databases]
* = host={host} port={port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = plain
auth_file = {users}
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 500
ignore_startup_parameters = extra_float_digits, options
"""


class PgBouncer(Server):
    """Hands each transaction of its clients whatever session of PostgreSQL is free."""

    name = "PgBouncer"

    def __init__(self, home: Path, database_url: str, pool_size: int = 20) -> None:
        """`database_url`: that of PostgreSQL; every database of its server can be reached."""
        super().__init__(home)
        self._direct = conninfo_to_dict(database_url)
        self._pool_size = pool_size

    @property
    def url(self) -> str:
        """`database_url`, through the pooler."""
        user, password = (quote(str(self._direct[name])) for name in ("user", "password"))
        name = quote(str(self._direct["dbname"]))
        return f"postgres://{user}:{password}@127.0.0.1:{self.port}/{name}"

    def prepare(self) -> None:
        self.data.mkdir(exist_ok=True, mode=0o700)
        users, configuration = self.data / "users", self.data / "pgbouncer.ini"
        _write(users, f'"{self._direct["user"]}" "{self._direct["password"]}"\n')
        _write(
            configuration,
            _CONFIGURATION.format(
                host=self._direct["host"],
                port=self._direct["port"],
                own_port=self.port,
                users=users,
                pool_size=self._pool_size,
            ),
        )
        if os.geteuid() == 0:
            user = unprivileged_user()
            for path in (self.data, users, configuration):
                os.chown(path, user.pw_uid, user.pw_gid)

    def command(self) -> Sequence[str]:
        program = str(find_pgbouncer())
        return [
            *as_unprivileged(self.name, self.stop_signal),
            program,
            str(self.data / "pgbouncer.ini"),
        ]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


def find_pgbouncer() -> Path:
    """The PgBouncer of this machine, else one that is fetched once; raises `ToolError`."""
    return find_program("PgBouncer", _PACKAGE, "usr/sbin/pgbouncer")


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
