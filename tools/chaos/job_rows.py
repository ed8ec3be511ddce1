"""Reads the tables of the jobs. The SQL is its own: the judge shares no code with the service."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from scheduler.postgresql.silent_servers import watch_for_silence
from tools.chaos.effects import Effect
from tools.chaos.pause import pause

PATIENCE_SECONDS = 60.0
FINAL = ("succeeded", "skipped", "dead", "cancelled")

# `waiting`: the job has a dead letter that waits for a person.
_JOBS = """
    SELECT job.id::text, job.type, job.idempotency_key, job.state, job.attempt, job.failures,
        job.errors, job.created_at, job.run_at, job.claimed_at, job.started_at, job.finished_at,
        worker.name, letter.id IS NOT NULL AS waiting, coalesce(letter.reason, '')
    FROM jobs_job AS job
    LEFT JOIN jobs_worker AS worker ON worker.id = job.worker_id
    LEFT JOIN jobs_deadletter AS letter ON letter.job_id = job.id AND letter.resolution = ''
    WHERE job.submitted_by_id = %s
"""

_PROGRESS = """
    SELECT count(*),
        count(*) FILTER (WHERE state = 'queued'),
        count(*) FILTER (WHERE state = 'running')
    FROM jobs_job WHERE submitted_by_id = %s
"""

_HELD_BY = """
    SELECT job.id::text, job.type, job.started_at IS NOT NULL
    FROM jobs_job AS job
    JOIN jobs_worker AS worker ON worker.id = job.worker_id
    WHERE job.state = 'running' AND worker.pid = ANY(%s) AND job.submitted_by_id = %s
"""

_BUSIEST = """
    SELECT worker.pid, count(*)
    FROM jobs_job AS job
    JOIN jobs_worker AS worker ON worker.id = job.worker_id
    WHERE job.state = 'running' AND worker.stopped_at IS NULL AND job.submitted_by_id = %s
    GROUP BY worker.pid
    ORDER BY count(*) DESC
"""

_CUT = """
    SELECT pid, state, pg_terminate_backend(pid)
    FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND application_name <> 'chaos'
        AND datname = current_database()
    ORDER BY state = 'idle', random()
    LIMIT 1
"""

# Writes to the log of PostgreSQL alone; its commit waits as any other does. The name of the file
# begins with the timeline.
_COMMIT = "SELECT left(pg_walfile_name(pg_logical_emit_message(true, 'chaos', '')), 8)"
_COMMIT_SECONDS = 120.0

_EFFECT_TABLE = """
    CREATE TABLE chaos_effect (
        effect text NOT NULL, job_id uuid NOT NULL, attempt int NOT NULL, at float8 NOT NULL
    )
"""


_LIMIT = """
    INSERT INTO jobs_limit (name, max_concurrency, is_fair, is_override) VALUES (%s, %s, %s, true)
"""


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job, with its worker and its open dead letter."""

    id: str
    type: str
    key: str
    state: str
    attempt: int
    failures: int
    errors: list[dict[str, Any]]
    created_at: datetime
    run_at: datetime
    claimed_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    worker: str | None
    waits_for_a_person: bool
    reason: str

    @property
    def is_final(self) -> bool:
        return self.state in FINAL


@dataclass(frozen=True, slots=True)
class Progress:
    """How many jobs there are, and how many of them are not final."""

    total: int
    queued: int
    running: int

    @property
    def final(self) -> int:
        return self.total - self.queued - self.running


@dataclass(frozen=True, slots=True)
class HeldJob:
    """A job that a worker runs. `started`: its handler may have begun."""

    id: str
    type: str
    started: bool


class JobRows:
    """One connection, made anew when it breaks. Threads must not share it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def jobs(self, client_id: int) -> list[JobRow]:
        """Returns every job of a client."""
        return [JobRow(*row) for row in self.ask(_JOBS, [client_id])]

    def progress(self, client_id: int, patience_seconds: float = PATIENCE_SECONDS) -> Progress:
        """Returns how many jobs of a client are queued, running and final."""
        return Progress(*self.ask(_PROGRESS, [client_id], patience_seconds)[0])

    def held_by(self, pids: Sequence[int], client_id: int) -> list[HeldJob]:
        """Returns the running jobs of the workers with these process ids."""
        return [HeldJob(*row) for row in self.ask(_HELD_BY, [list(pids), client_id])]

    def busiest(self, client_id: int) -> list[int]:
        """Returns the process ids of workers that run jobs of a client, most jobs first."""
        return [row[0] for row in self.ask(_BUSIEST, [client_id])]

    def inserted(self) -> list[Effect]:
        """Returns the rows that `chaos.insert` left."""
        rows = self.ask("SELECT effect, job_id::text, at, attempt FROM chaos_effect")
        return [Effect(name, job, at, f"row of attempt {n}") for name, job, at, n in rows]

    def client_id(self, username: str) -> int:
        """Returns the id of a user."""
        sql = "SELECT id FROM accounts_user WHERE username = %s"
        return int(self.ask(sql, [username])[0][0])

    def cut_one_connection(self) -> str | None:
        """Ends one session of the service, a busy one if there is one.

        Returns the state of that session, such as "active" or "idle"; None if there was none.
        """
        rows = self.ask(_CUT)
        return str(rows[0][1]) if rows else None

    def wait_for_a_commit(self) -> str:
        """Returns when PostgreSQL has acknowledged one, which a standby may have to confirm.

        Returns its timeline: with each promotion of a standby another one begins.
        """
        return str(self.ask(_COMMIT, patience_seconds=_COMMIT_SECONDS)[0][0])

    def make_superuser(self, username: str) -> None:
        """The user may do everything from now on."""
        sql = "UPDATE accounts_user SET is_superuser = true WHERE username = %s"
        self._connected().execute(sql, [username])

    def limit_queue(self, queue: str, max_concurrency: int, *, is_fair: bool) -> None:
        """Sets the limit of a queue, as staff would."""
        self._connected().execute(_LIMIT, [f"queue:{queue}", max_concurrency, is_fair])

    def make_effect_table(self) -> None:
        """Makes the table into which `chaos.insert` inserts."""
        self._connected().execute(_EFFECT_TABLE)

    def ask(
        self,
        sql: str,
        parameters: Sequence[object] = (),
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> list[tuple[Any, ...]]:
        """Returns the rows of a query, asked again while PostgreSQL is away for that long."""
        deadline = time.monotonic() + patience_seconds
        while True:
            try:
                return self._connected().execute(sql.encode(), parameters).fetchall()
            except psycopg.OperationalError:
                self.close()
                if time.monotonic() > deadline:
                    raise
                pause(0.1)

    def _connected(self) -> psycopg.Connection:
        if self._connection is None:
            # Of several servers one may be frozen, which must not stop bin/chaos itself.
            is_one_of_several = "," in self._url
            self._connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=2 if is_one_of_several else 5,
                application_name="chaos",
            )
            if is_one_of_several:
                watch_for_silence(self._connection)
        return self._connection
