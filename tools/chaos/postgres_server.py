"""The PostgreSQL that is frozen, made read-only, and told to let nobody in."""

import os
import signal
from contextlib import suppress

from psycopg import sql

from tools.servers.postgres import Postgres

DATABASE = "jobs"


class PostgresServer(Postgres):
    """PostgreSQL with what may befall it short of a crash."""

    _frozen: tuple[int, ...] = ()

    def freeze(self) -> None:
        """SIGSTOP for all of its processes: as a disk or a hypervisor that hangs would have it."""
        assert self.process is not None
        with self._connect() as connection:
            backends = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            ).fetchall()
        self._frozen = (self.process.pid, *(pid for (pid,) in backends))
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)
        self._frozen = ()

    def be_read_only(self, read_only: bool) -> None:
        """Every transaction that begins from now on may write, or not."""
        self._alter_system("default_transaction_read_only", "on" if read_only else "off")

    def refuse(self) -> None:
        """Ends every session in the jobs' database and lets nobody in."""
        with self._connect() as connection:
            connection.execute(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS false")
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [DATABASE],
            )

    def admit(self) -> None:
        """Lets everybody in."""
        with self._connect() as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS true")

    def recover(self) -> None:
        """Is as it was before, whatever had befallen it."""
        self.thaw()
        if not self.running:
            self.start()
        self.be_read_only(False)
        self.admit()

    def _send(self, number: signal.Signals) -> None:
        for pid in self._frozen:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _alter_system(self, name: str, value: str) -> None:
        with self._connect() as connection:
            connection.execute(
                sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
            )
            connection.execute("SELECT pg_reload_conf()")
