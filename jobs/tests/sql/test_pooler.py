"""On which connections plans may be kept: on any direct one, and on none behind a pooler."""

import re
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import (
    DatabaseError,
    InternalError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.transaction import TransactionManagementError
from pytest_django.fixtures import Settings

from jobs.core.new_job import NewJob
from jobs.models import Job
from jobs.sql import prepared
from jobs.sql.prepared import REMEMBERED
from jobs.tests.sessions import end_session

pytestmark = pytest.mark.django_db(transaction=True)

NEW = NewJob("tests.note", "default", 5, '{"text": "hello"}', None, None, None, 4)


@contextmanager
def default(**changes: Any) -> Iterator[BaseDatabaseWrapper]:
    """Puts another connection in place of the default one, on Django's own engine."""
    former = connections["default"]
    settings = {**former.settings_dict, **changes}
    connections["default"] = other = DatabaseWrapper(settings, "default")
    try:
        yield other
    finally:
        other.close()
        connections["default"] = former


def kept(database: BaseDatabaseWrapper) -> int:
    """Accepts three jobs; returns how many statements this session of PostgreSQL then keeps."""
    for _ in range(3):
        assert Job.objects.insert_one(NEW)
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        return int(cursor.fetchone()[0])


def test_plans_are_kept_on_the_stock_engine() -> None:
    with default() as direct:
        assert kept(direct) == 1
        # psycopg remembers what Django sends, too, with the values in it.
        assert direct.connection.prepared_max == REMEMBERED


def test_django_s_own_statements_are_not_prepared() -> None:
    options = {**connection.settings_dict["OPTIONS"], "server_side_binding": True}
    with default(OPTIONS=options) as direct:
        kept(direct)
        for _ in range(20):
            list(Job.objects.filter(priority=5).values_list("id"))
        assert kept(direct) == 1


def test_no_plan_is_kept_behind_a_pooler(pooler: int) -> None:
    with default(HOST="127.0.0.1", PORT=pooler) as behind:
        assert kept(behind) == 0


def test_an_operator_may_forbid_it() -> None:
    options = {**connection.settings_dict["OPTIONS"], "prepare_threshold": None}
    with default(OPTIONS=options) as unprepared:
        assert kept(unprepared) == 0


def test_an_operator_s_own_threshold_stays() -> None:
    options = {**connection.settings_dict["OPTIONS"], "prepare_threshold": 7}
    with default(OPTIONS=options) as direct:
        assert kept(direct) == 1
        assert direct.connection.prepare_threshold == 7


def test_each_new_connection_is_asked_again() -> None:
    with default() as direct:
        assert kept(direct) == 1
        direct.close()
        assert kept(direct) == 1


def test_no_plan_is_kept_where_threads_share_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DatabaseWrapper, "pool", None)  # its package need not be installed
    options = {**connection.settings_dict["OPTIONS"], "prepare_threshold": 7}
    with default(OPTIONS=options) as shared:
        shared.ensure_connection()
        shared.settings_dict["OPTIONS"]["pool"] = True
        assert kept(shared) == 0


@pytest.mark.parametrize("is_known", [True, False])
def test_a_broken_transaction_is_refused_as_django_refuses_it(is_known: bool) -> None:
    with default() as direct:
        if is_known:
            kept(direct)
        with transaction.atomic():
            transaction.set_rollback(True)
            with pytest.raises(TransactionManagementError, match="An error occurred in the"):
                Job.objects.insert_one(NEW)


@pytest.mark.parametrize("is_known", [True, False])
def test_an_aborted_transaction_is_an_error_of_django(is_known: bool) -> None:
    """Also where the first statement has yet to ask for a pooler."""
    with default() as direct:
        if is_known:
            kept(direct)
        with transaction.atomic():
            with pytest.raises(DatabaseError), direct.cursor() as cursor:
                cursor.execute("SELECT 1/0")
            with pytest.raises(InternalError, match="current transaction is aborted"):
                Job.objects.insert_one(NEW)


@pytest.mark.parametrize("is_known", [True, False])
def test_a_connection_that_was_cut_is_an_error_of_django(is_known: bool) -> None:
    with default() as direct:
        if is_known:
            kept(direct)
        direct.ensure_connection()
        end_session(direct.connection.info.backend_pid)
        with pytest.raises(OperationalError):
            Job.objects.insert_one(NEW)


def test_debugging_shows_statements_with_their_values(settings: Settings) -> None:
    settings.DEBUG = True
    with default() as direct:
        assert kept(direct) == 0
        [inserted] = [query for query in direct.queries if "INSERT" in query["sql"]][-1:]
        assert "'tests.note', 'default', 5" in inserted["sql"]


def test_a_wrapper_around_statements_sees_them() -> None:
    seen: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        seen.append(sql)
        return execute(sql, *arguments)

    with default() as direct, direct.execute_wrapper(watch):
        assert Job.objects.insert_one(NEW)
    assert "INSERT INTO jobs_job" in seen[0]


def test_without_psycopg_s_connection_it_runs_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "Connection", type("Another", (), {}))
    with default() as direct:
        assert kept(direct) == 0


# PostgreSQL's message BackendKeyData: its type, its length, a process id and a secret.
KEY = re.compile(rb"K\x00\x00\x00\x0c(....)", re.DOTALL)


@pytest.fixture
def pooler() -> Iterator[int]:
    """The port of a relay that gives its client another process id, as poolers do."""
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
    """Serves one connection, until the client closes it."""
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
