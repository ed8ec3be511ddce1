"""The phases: what goes on beside the load in each of them.

Modelled on the long-horizon and chaos scenarios of the public benchmark of job queues on
PostgreSQL (postgresql-job-queue-benchmarking), from their description.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tools.benchmark.peers.driven import Driven
from tools.benchmark.phases.servers import WatchedPostgres

READERS = 4
# Each reader keeps its snapshot for so long: at any moment some of them are old.
SNAPSHOT_SECONDS = 10.0
SCAN_EVERY_SECONDS = 0.5
KILL_EVERY_SECONDS = 5.0
CUT_EVERY_SECONDS = 0.5

# The sessions of one system; those of the benchmark itself are on other databases.
_CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = %s AND backend_type = 'client backend' ORDER BY random() LIMIT 1
"""


@dataclass(frozen=True)
class Field:
    """What a phase may reach. `database`: the name of the system's database."""

    system: Driven
    postgres: WatchedPostgres
    url: str

    @property
    def database(self) -> str:
        return self.url.rpartition("/")[2]


Disturbance = Callable[[Field], AbstractContextManager[None]]
Step = Callable[[Field], None]


def _none(field: Field) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True)
class Phase:
    """`around` lasts as long as the phase; `step` is taken every `every_seconds`, or once."""

    name: str
    what: str
    around: Disturbance = _none
    step: Step | None = None
    every_seconds: float | None = None


@contextmanager
def _held(field: Field) -> Iterator[None]:
    """It has a transaction id and a snapshot: no vacuum may remove what it could still see."""
    with psycopg.connect(field.url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SELECT pg_current_xact_id()")
        yield


@contextmanager
def _readers(field: Field) -> Iterator[None]:
    stop = threading.Event()
    threads = [
        threading.Thread(target=_read, args=(field, stop), name=f"reader {number}", daemon=True)
        for number in range(READERS)
    ]
    for thread in threads:
        thread.start()
        stop.wait(SNAPSHOT_SECONDS / READERS / 10)  # not all at the same moment
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _read(field: Field, stop: threading.Event) -> None:
    """Reads the tables of the jobs from beginning to end, again and again, in long snapshots."""
    with psycopg.connect(field.url, autocommit=True) as connection:
        while not stop.is_set():
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                until = time.monotonic() + SNAPSHOT_SECONDS
                while time.monotonic() < until and not stop.wait(SCAN_EVERY_SECONDS):
                    _scan(connection, field.system.tables)


def _scan(connection: psycopg.Connection, tables: Sequence[str]) -> None:
    for table in tables:
        name = sql.Identifier(*table.split("."))
        connection.execute(sql.SQL("SELECT count(*) FROM {}").format(name))


def _kill(field: Field) -> None:
    field.system.ask("kill")


def _restart(field: Field) -> None:
    """Stops PostgreSQL in immediate mode, which is like a crash: the next start replays its log."""
    field.postgres.kill()
    field.postgres.start()


def _cut(field: Field) -> None:
    with psycopg.connect(field.postgres.url, autocommit=True) as connection:
        connection.execute(_CUT, [field.database])


PHASES = {
    phase.name: phase
    for phase in (
        Phase("clean", "nothing else happens"),
        Phase("held", "a transaction is held open", _held),
        Phase("readers", f"{READERS} readers with long snapshots", _readers),
        Phase("recovery", "nothing else happens"),
        Phase(
            "kill",
            f"SIGKILL for a worker every {KILL_EVERY_SECONDS:g} s",
            step=_kill,
            every_seconds=KILL_EVERY_SECONDS,
        ),
        Phase("restart", "PostgreSQL crashes and starts", step=_restart),
        Phase(
            "backends",
            f"a session is ended every {CUT_EVERY_SECONDS:g} s",
            step=_cut,
            every_seconds=CUT_EVERY_SECONDS,
        ),
        Phase("after", "nothing else happens"),
    )
}
