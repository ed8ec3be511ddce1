"""A PostgreSQL that keeps what it has written, and goes back to an earlier moment."""

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import psycopg

from tools.servers.postgres import Postgres
from tools.servers.unprivileged import unprivileged_user
from tools.waiting import wait_until

_BACKUP_SECONDS = 300
_REPLAY_SECONDS = 300


class ArchivedPostgres(Postgres):
    """As docs/operating.md tells: an archive of its log, a base backup, and a recovery target."""

    @property
    def archive(self) -> Path:
        """The segments of its log."""
        return self.home / "archive"

    @property
    def backup(self) -> Path:
        """The base backup."""
        return self.home / "backup"

    def prepare(self) -> None:
        super().prepare()
        self.archive.mkdir(exist_ok=True, mode=0o700)
        _give_away(self.archive)

    def back_up(self) -> None:
        """Makes a base backup, in place of the last one."""
        shutil.rmtree(self.backup, ignore_errors=True)
        self.backup.mkdir(mode=0o700)
        _give_away(self.backup)
        with self.log.open("ab") as log:
            subprocess.run(  # noqa: S603
                [
                    *(*self._as_owner(), self._program("pg_basebackup")),
                    *("--pgdata", str(self.backup), "--checkpoint", "fast"),
                    *("--host", "127.0.0.1", "--port", str(self.port), "--username", "jobs"),
                ],
                cwd=self.backup,
                env=self.environment() | {"PGPASSWORD": self.password},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=_BACKUP_SECONDS,
                check=True,
            )

    def restore_to(self, moment: datetime) -> None:
        """Goes back to the backup, and on to this moment; returns when it takes writes."""
        with self._connect() as connection:
            connection.execute("SELECT pg_switch_wal()")  # so that nothing of the log is missing
        self.stop()
        shutil.rmtree(self.data)
        shutil.copytree(self.backup, self.data)
        (self.data / "recovery.signal").touch()
        with (self.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(
                f'restore_command = \'cp "{self.archive}/%f" "%p"\'\n'
                f"recovery_target_time = '{moment.isoformat()}'\n"
                "recovery_target_action = 'promote'\n"
            )
        for path in (self.data, *self.data.rglob("*")):
            _give_away(path)
        self.start()

    def complete(self) -> None:
        wait_until(self._takes_writes, _REPLAY_SECONDS, "PostgreSQL has not reached the moment")
        super().complete()

    def _takes_writes(self) -> bool:
        try:
            with self._connect() as connection:
                row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
        except psycopg.OperationalError:
            return False
        return row == (False,)

    def _options(self) -> dict[str, str]:
        command = f'cp "%p" "{self.archive}/%f"'
        return super()._options() | {"archive_mode": "on", "archive_command": command}


def _give_away(path: Path) -> None:
    """To the user that PostgreSQL runs as, where root starts it."""
    if os.geteuid() == 0:
        user = unprivileged_user()
        os.chown(path, user.pw_uid, user.pw_gid)
