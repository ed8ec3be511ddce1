"""The PostgreSQL of bin/chaos: frozen, read-only, closed to sessions, or with a full disk."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from tools.chaos.pause import pause
from tools.chaos.small_disk import SmallDisk, copy_directory
from tools.servers.postgres import Postgres

DATABASE = "jobs"
_POLL_SECONDS = 0.1


class PostgresServer(Postgres):
    """PostgreSQL with the faults that are less than a crash."""

    _frozen: tuple[int, ...] = ()
    _copy: Path | None = None

    @property
    def data(self) -> Path:
        return self._copy or super().data

    def make_empty_database(self) -> None:
        """Makes one for the jobs: the server may have data of an earlier run."""
        with self._connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {DATABASE}")

    def freeze(self) -> None:
        """SIGSTOP for all of its processes, which looks like a disk or a hypervisor that hangs."""
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

    def make_read_only(self) -> None:
        """Transactions that begin from now on cannot write."""
        self._alter_system("default_transaction_read_only", "on")

    def make_writable(self) -> None:
        """Transactions that begin from now on can write again."""
        self._alter_system("default_transaction_read_only", "off")

    def refuse_sessions(self) -> None:
        """Ends every session in the jobs' database, and refuses new ones."""
        with self._connect() as connection:
            connection.execute(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS false")
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [DATABASE],
            )

    def accept_sessions(self) -> None:
        """Accepts sessions again."""
        with self._connect() as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS true")

    def move_to(self, disk: SmallDisk) -> None:
        """Stops in order, and starts with its data on that disk."""
        self.stop()
        try:
            self._copy = disk.take(self.data)
        finally:
            self.start()

    def move_home(self) -> None:
        """Stops in order, and starts where its data was before."""
        self._leave_disk()
        self.start()

    def serve_again(self) -> bool:
        """Returns when it serves clients; whether it had ended, or just does, and was started."""
        while self.running and not self.answers():
            pause(_POLL_SECONDS)
        if self.running:
            return False
        self.start()
        return True

    def write_a_segment(self) -> None:
        """Has the log go on in another segment: on a full disk that is the end of the server."""
        with suppress(psycopg.Error), self._connect() as connection:
            connection.execute("SELECT pg_logical_emit_message(false, '', '')")
            connection.execute("SELECT pg_switch_wal()")

    def recover(self) -> None:
        """Undoes every fault: the server runs, is writable, accepts sessions, and is at home."""
        self.thaw()
        self._leave_disk()
        if not self.running:
            self.start()
        self.make_writable()
        self.accept_sessions()

    def _leave_disk(self) -> None:
        if self._copy is None:
            return
        self.stop()
        copy, self._copy = self._copy, None
        copy_directory(copy, self.data)

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
