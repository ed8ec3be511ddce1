"""Three nodes under Patroni: what was acknowledged is kept, and the service follows the primary."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connections
from django.db.utils import DatabaseError
from pytest_django import DjangoDbBlocker

from scheduler.database_url import database_settings
from scheduler.postgresql.base import DatabaseWrapper
from scheduler.variables import Variables
from tools.errors import ToolError
from tools.high_availability.losses import WRITERS, lose
from tools.servers.patroni import programs
from tools.servers.patroni.group import NODES, PatroniGroup
from tools.servers.patroni.node import Node
from tools.tests.processes import processes_in
from tools.waiting import wait_until

pytestmark = pytest.mark.timeout(600)

FOLLOWS_SECONDS = 60


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PatroniGroup]:
    home = tmp_path_factory.mktemp("patroni")
    made = PatroniGroup(home)
    try:
        made.start()
        yield made
    finally:
        made.stop()
    assert processes_in(home) == []


@pytest.fixture
def connection(
    group: PatroniGroup, django_db_blocker: DjangoDbBlocker
) -> Iterator[DatabaseWrapper]:
    """One of the service, with the URL that bin/high-availability gives it."""
    settings = database_settings(Variables({"DATABASE_URL": group.url}))
    usual = connections["default"].settings_dict
    kept = {"CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 600}
    wrapper = DatabaseWrapper({**usual, **kept, **settings}, "patroni")
    with django_db_blocker.unblock():
        yield wrapper
    wrapper.close()


def writer_to(connection: DatabaseWrapper) -> Callable[[], bool]:
    """Writes as one request would; tells whether that was acknowledged."""

    def write() -> bool:
        connection.close_if_unusable_or_obsolete()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_logical_emit_message(true, 'test', '')")
        except DatabaseError:
            return False
        return True

    return write


def port_of(connection: DatabaseWrapper) -> int:
    assert connection.connection is not None
    return int(connection.connection.info.port)


def test_a_failover_loses_nothing_that_was_acknowledged(
    group: PatroniGroup, connection: DatabaseWrapper
) -> None:
    write = writer_to(connection)
    wait_until(write, FOLLOWS_SECONDS, "no first write")
    former = group.primary()
    assert port_of(connection) == former.port

    loss = lose(group, "crash", Node.crash, watch_seconds=0.0)
    assert loss.lost == []
    assert loss.acknowledged >= 2 * WRITERS

    successor = group.primary()
    assert successor is not former
    wait_until(write, FOLLOWS_SECONDS, "the service did not follow the primary")
    assert port_of(connection) == successor.port
    roles = sorted(str(one["role"]) for one in group.members)
    assert roles == ["leader", "replica", "sync_standby"]
    assert len(roles) == NODES


def test_without_packages_it_fails_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "DATA_DIR", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="No Patroni was found, and none could be fetched"):
        programs.find_programs()
