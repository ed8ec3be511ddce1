"""The check of kept connections: no round trip while they work, no error when they are broken."""

from collections.abc import Iterator

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from jobs.tests.waiting import wait_until
from scheduler.postgresql.base import DatabaseWrapper, _is_silent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def connection_of_its_own() -> Iterator[None]:
    yield
    connection.close()


def next_request() -> None:
    """Does what Django does with a kept connection when a request begins."""
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
    """What each of Django's own checks, which ask the server, found."""
    asked: list[bool] = []
    original = DatabaseWrapper.is_usable

    def is_usable(self: DatabaseWrapper) -> bool:
        asked.append(original(self))
        return asked[-1]

    monkeypatch.setattr(DatabaseWrapper, "is_usable", is_usable)
    return asked


def test_a_connection_that_works_is_kept_and_not_asked(health_checks: list[bool]) -> None:
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


def test_a_connection_with_something_to_read_is_asked_and_kept(
    health_checks: list[bool],
) -> None:
    pid = backend_pid()
    with connection.cursor() as cursor:
        cursor.execute("LISTEN a_word")
    from_outside("SELECT pg_notify('a_word', %s)", "hello")

    wait_until(lambda: not _is_silent(connection.connection), 10)

    next_request()

    assert backend_pid() == pid
    assert health_checks == [True]


def test_a_connection_closed_on_this_side_is_replaced() -> None:
    pid = backend_pid()
    assert connection.connection is not None
    connection.connection.close()

    next_request()

    assert backend_pid() != pid
