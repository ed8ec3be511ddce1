"""DATABASE_URL with several hosts, of which one takes writes: the primary is followed."""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import InternalError, OperationalError, connections

from scheduler.database_url import database_settings
from scheduler.postgresql import several_hosts, silent_servers
from scheduler.postgresql.base import DatabaseWrapper
from scheduler.variables import Variables
from tools.ports import free_port
from tools.servers.postgres import Postgres

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


class Pair:
    """A primary and a standby, which is a copy of it. They may change roles."""

    def __init__(self, first: Postgres, second: Postgres) -> None:
        self.primary, self.standby = first, second
        self.primary.start()  # makes its data
        self.primary.stop()
        subprocess.run(["cp", "-a", first.home, second.home], check=True)
        self.primary.start()
        self._follow(self.standby)

    def connection(self, *servers: Postgres) -> DatabaseWrapper:
        """A connection of Django's to these servers, which are tried in this order."""
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in servers)
        url = f"postgres://jobs:{self.primary.password}@{hosts}/jobs"
        usual = connections["default"].settings_dict
        settings = database_settings(Variables({"DATABASE_URL": url}))
        kept = {"CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 600}
        return DatabaseWrapper({**usual, **kept, **settings}, "several")

    def promote(self) -> None:
        """Makes the standby a primary, whatever the other one does."""
        with psycopg.connect(self.standby.url, autocommit=True) as session:
            session.execute("SELECT pg_promote()")

    def change_roles(self) -> None:
        """The former primary comes back, as a standby."""
        self.primary.stop()
        self._follow(self.primary)
        self.primary, self.standby = self.standby, self.primary

    def _follow(self, server: Postgres) -> None:
        (server.data / "standby.signal").touch()
        server.start()

    def stop(self) -> None:
        self.primary.stop()
        self.standby.stop()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    home = tmp_path_factory.mktemp("pair")
    made = Pair(Postgres(home / "a"), Postgres(home / "b"))
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def nothing_used_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several_hosts, "_last_used", None)


def write(wrapper: DatabaseWrapper) -> int:
    """Writes, and returns the port of the server."""
    with wrapper.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS written (n int)")
        cursor.execute("INSERT INTO written VALUES (1)")
    assert wrapper.connection is not None
    return int(wrapper.connection.info.port)


def next_request(wrapper: DatabaseWrapper) -> None:
    """Does what Django does with a kept connection when a request ends."""
    wrapper.close_if_unusable_or_obsolete()


def test_the_primary_is_followed(pair: Pair) -> None:
    wrapper = pair.connection(pair.standby, pair.primary)
    assert write(wrapper) == pair.primary.port

    pair.primary.kill()
    with pytest.raises(OperationalError):
        write(wrapper)
    next_request(wrapper)
    with pytest.raises(OperationalError, match="read-only"):  # nobody has been promoted yet
        write(wrapper)
    next_request(wrapper)

    pair.promote()
    assert write(wrapper) == pair.standby.port
    pair.change_roles()
    wrapper.close()
    assert write(wrapper) == pair.primary.port
    wrapper.close()


def test_a_session_that_takes_no_writes_is_given_up(pair: Pair) -> None:
    """As through a proxy that for a moment still leads to the former primary."""
    wrapper = pair.connection(pair.standby)
    with pytest.raises(InternalError, match="read-only"):
        write(wrapper)
    next_request(wrapper)
    assert wrapper.connection is None

    with wrapper.cursor() as cursor:  # to read is no error, and it is kept
        cursor.execute("SELECT 1")
    kept = wrapper.connection
    next_request(wrapper)
    assert wrapper.connection is kept
    wrapper.close()


def test_a_session_on_a_frozen_server_is_given_up(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silent_servers, "SUSPECT_SECONDS", 0.5)
    monkeypatch.setattr(silent_servers, "ANSWER_SECONDS", 0.5)
    wrapper = pair.connection(pair.primary, pair.standby)
    write(wrapper)
    with wrapper.cursor() as cursor:  # a slow statement on a server that answers goes on
        cursor.execute("SELECT pg_sleep(3)")

    with frozen(pair.primary, wrapper):
        error: list[Exception] = []
        wrapper.inc_thread_sharing()
        stuck = threading.Thread(target=lambda: error.append(error_of(wrapper)))
        stuck.start()
        pair.promote()
        stuck.join(60)
        assert [type(one) for one in error] == [OperationalError]
        next_request(wrapper)
        assert write(wrapper) == pair.standby.port
    wrapper.close()
    pair.change_roles()


@contextmanager
def frozen(server: Postgres, wrapper: DatabaseWrapper) -> Iterator[None]:
    """The process that accepts sessions, and the session of this connection."""
    assert server.process is not None
    assert wrapper.connection is not None
    pids = [server.process.pid, wrapper.connection.info.backend_pid]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def error_of(wrapper: DatabaseWrapper) -> Exception:
    try:
        write(wrapper)
    except OperationalError as error:
        return error
    return AssertionError("the frozen server has answered")


def test_the_host_that_was_used_last_is_tried_first() -> None:
    params = {"host": "a,b,c", "port": "1,2,3"}
    assert several_hosts.first_the_last_used(params) == params
    several_hosts._last_used = ("b", 2)
    assert several_hosts.first_the_last_used(params) == {"host": "b,a,c", "port": "2,1,3"}
    several_hosts._last_used = ("c", 5432)
    assert several_hosts.first_the_last_used({"host": "a,c"}) == {"host": "c,a", "port": ","}
    alone = {"host": "a", "port": "1"}
    assert several_hosts.first_the_last_used(alone) is alone


def test_a_server_that_says_nothing_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silent_servers, "ANSWER_SECONDS", 0.1)
    port = free_port()
    assert not silent_servers.answers(("127.0.0.1", port))
    with socket.create_server(("127.0.0.1", port)):
        assert not silent_servers.answers(("127.0.0.1", port))
    assert silent_servers.answers(("/run/postgresql", 5432))  # a socket here: there is no other
