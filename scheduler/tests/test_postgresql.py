"""The check of kept connections: no round trip while they are well, no error when they are not."""

import re
import select
import socket
import threading
from collections.abc import Iterator

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test.utils import CaptureQueriesContext

from jobs.tests.waiting import wait_until
from scheduler.postgresql.base import REMEMBERED, DatabaseWrapper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def connection_of_its_own() -> Iterator[None]:
    yield
    connection.close()


def next_request() -> None:
    """What Django does with a kept connection when a request begins."""
    connection.close_if_unusable_or_obsolete()


def backend_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        row: tuple[int] = cursor.fetchone()
    return row[0]


def sessions_with(pid: int) -> int:
    outside = connections["default"].copy()
    try:
        with outside.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [pid])
            row: tuple[int] = cursor.fetchone()
    finally:
        outside.close()
    return row[0]


def from_outside(sql: str, parameter: int | str) -> None:
    outside = connections["default"].copy()
    try:
        with outside.cursor() as cursor:
            cursor.execute(sql, [parameter])
    finally:
        outside.close()


@pytest.fixture
def health_checks(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """The answers to each question whether the connection is usable."""
    asked: list[bool] = []
    original = DatabaseWrapper.is_usable

    def is_usable(self: DatabaseWrapper) -> bool:
        asked.append(original(self))
        return asked[-1]

    monkeypatch.setattr(DatabaseWrapper, "is_usable", is_usable)
    return asked


def test_a_connection_that_is_well_is_kept_and_not_asked(health_checks: list[bool]) -> None:
    pid = backend_pid()

    for _ in range(3):
        next_request()
        with CaptureQueriesContext(connection) as queries:
            assert backend_pid() == pid
        assert len(queries) == 1

    assert health_checks == []


def test_a_connection_that_the_server_has_closed_is_replaced(health_checks: list[bool]) -> None:
    pid = backend_pid()
    from_outside("SELECT pg_terminate_backend(%s, 5000)", pid)
    wait_until(lambda: sessions_with(pid) == 0, 10)

    next_request()

    assert backend_pid() != pid
    assert health_checks == [False]


def test_a_connection_that_has_something_to_say_is_asked_and_kept(
    health_checks: list[bool],
) -> None:
    pid = backend_pid()
    with connection.cursor() as cursor:
        cursor.execute("LISTEN a_word")
    from_outside("SELECT pg_notify('a_word', %s)", "hello")

    def asked() -> bool:
        next_request()
        return backend_pid() == pid and bool(health_checks)

    wait_until(asked, 10)
    assert set(health_checks) == {True}


def test_a_connection_closed_on_this_side_is_replaced() -> None:
    pid = backend_pid()
    assert connection.connection is not None
    connection.connection.close()

    next_request()

    assert backend_pid() != pid


def test_plans_may_be_kept_where_nothing_stands_in_between() -> None:
    connection.ensure_connection()

    assert prepare_threshold(connection) == 0
    # What Django sends is not prepared, but remembered, with the values in it.
    assert connection.connection is not None
    assert connection.connection.prepared_max == REMEMBERED


def test_no_plan_is_kept_behind_a_pooler(pooler: int) -> None:
    behind = connections["default"].copy()
    behind.settings_dict = {**behind.settings_dict, "HOST": "127.0.0.1", "PORT": pooler}
    try:
        behind.ensure_connection()

        assert prepare_threshold(behind) is None
    finally:
        behind.close()


def test_an_operator_may_forbid_it() -> None:
    unprepared = connections["default"].copy()
    options = {**unprepared.settings_dict["OPTIONS"], "prepare_threshold": None}
    unprepared.settings_dict = {**unprepared.settings_dict, "OPTIONS": options}
    try:
        unprepared.ensure_connection()

        assert prepare_threshold(unprepared) is None
    finally:
        unprepared.close()


def prepare_threshold(wrapper: BaseDatabaseWrapper) -> int | None:
    threshold: int | None = wrapper.connection.prepare_threshold
    return threshold


# PostgreSQL's message BackendKeyData: its type, its length, a process id and a secret.
KEY = re.compile(rb"K\x00\x00\x00\x0c(....)", re.DOTALL)


@pytest.fixture
def pooler() -> Iterator[int]:
    """The port of a relay that, as poolers do, gives its clients another process id to cancel."""
    settings = connection.settings_dict
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(
            target=relay, args=(listener, (settings["HOST"], int(settings["PORT"])))
        )
        thread.start()
        yield listener.getsockname()[1]
        thread.join(20)
        assert not thread.is_alive()


def relay(listener: socket.socket, server_address: tuple[str, int]) -> None:
    """One connection, until the client hangs up."""
    client, _ = listener.accept()
    with client, socket.create_connection(server_address) as server:
        while True:
            ready, _, _ = select.select([client, server], [], [], 20)
            if client in ready:
                if not (asked := client.recv(65_536)):
                    return
                server.sendall(asked)
            if server in ready:
                answer = server.recv(65_536)
                client.sendall(KEY.sub(b"K\x00\x00\x00\x0c\x12\x34\x56\x78", answer))
