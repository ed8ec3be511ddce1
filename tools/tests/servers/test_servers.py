"""The embedded servers themselves: start, stop, crash, and what survives."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tools.errors import ToolError
from tools.servers.postgres import Postgres
from tools.servers.server import Server
from tools.servers.valkey import Valkey

SERVERS = [Postgres, Valkey]


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, deep_directory: Path) -> Iterator[Server]:
    server: Server = request.param(deep_directory / "server")
    yield server
    server.stop()


@pytest.fixture
def postgres(deep_directory: Path) -> Iterator[Postgres]:
    server = Postgres(deep_directory / "postgresql")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def valkey_server(deep_directory: Path) -> Iterator[Valkey]:
    server = Valkey(deep_directory / "valkey")
    server.start()
    yield server
    server.stop()


def ask_valkey(server: Valkey, *commands: str) -> list[bytes]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall("".join(f"{command}\r\n" for command in commands).encode())
        with connection.makefile("rb") as reply:
            return [reply.readline().strip() for _ in commands]


def test_starts_stops_and_starts_again(server: Server) -> None:
    for _ in range(2):
        server.start()
        assert server.answers()
        server.stop()
        assert not server.running
        assert not server.answers()


def test_what_is_secret_is_ours_alone(server: Server) -> None:
    server.start()
    assert stat.S_IMODE((server.home / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(server.home.stat().st_mode) == 0o700
    assert server.process is not None
    command_line = Path(f"/proc/{server.process.pid}/cmdline").read_text()
    assert server.password not in command_line


def test_a_port_that_is_taken_is_reported_with_the_log(server: Server) -> None:
    with (
        socket.create_server(("127.0.0.1", server.port)),
        pytest.raises(ToolError, match=r"(?s)ended while starting.*server\.log"),
    ):
        server.start()
    assert not server.running


def test_postgres_is_durable(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {name}").fetchone() == ("on",)


@pytest.mark.parametrize("crash", [False, True])
def test_postgres_keeps_its_data(postgres: Postgres, crash: bool) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'ä' AS value")
    postgres.kill() if crash else postgres.stop()
    postgres.start()
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("SELECT upper(value) FROM kept").fetchone() == ("Ä",)


def test_postgres_wants_the_password(postgres: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url.replace(postgres.password, "wrong"))


def test_postgres_recovers_from_an_interrupted_first_start(deep_directory: Path) -> None:
    server = Postgres(deep_directory / "postgresql")
    (server.home / "data.unfinished" / "base").mkdir(parents=True)
    server.start()
    server.stop()
    assert not (server.home / "data.unfinished").exists()


def test_postgres_does_not_run_as_root(postgres: Postgres) -> None:
    assert postgres.process is not None
    assert os.stat(f"/proc/{postgres.process.pid}").st_uid != 0  # noqa: PTH116


def test_postgres_of_another_version_is_refused(deep_directory: Path) -> None:
    server = Postgres(deep_directory / "postgresql")
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(ToolError, match="made by PostgreSQL 9"):
        server.start()


@pytest.mark.parametrize("crash", [False, True])
def test_valkey_keeps_its_data(valkey_server: Valkey, crash: bool) -> None:
    auth = f"AUTH {valkey_server.password}"
    assert ask_valkey(valkey_server, auth, "SET kept 1")[1] == b"+OK"
    valkey_server.kill() if crash else valkey_server.stop()
    valkey_server.start()
    assert ask_valkey(valkey_server, auth, "EXISTS kept")[1] == b":1"


def test_valkey_wants_the_password(valkey_server: Valkey) -> None:
    [refusal] = ask_valkey(valkey_server, "GET anything")
    assert refusal.startswith(b"-NOAUTH")
