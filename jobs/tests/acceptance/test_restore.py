"""The rehearsal of docs/operating.md, in small: both servers go back, one after the other."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from jobs.tests.acceptance.processes import Service, _database_url
from jobs.tests.conftest import Notes
from tools.restore.rehearsal import Rehearsal
from tools.servers.archived_postgres import ArchivedPostgres
from tools.servers.saved_valkey import SavedValkey

pytestmark = pytest.mark.timeout(600)  # servers and workers start again and again

SIZE = 6


@pytest.fixture
def postgres(transactional_db: None, tmp_path: Path) -> Iterator[ArchivedPostgres]:
    """Has the tables of the test database, and stands in its place."""
    server = ArchivedPostgres(tmp_path / "postgresql")
    server.start()
    before = dict(connection.settings_dict)
    try:
        _copy_tables(server, _database_url())
        connection.close()
        connection.settings_dict |= {
            "HOST": "127.0.0.1",
            "PORT": str(server.port),
            "NAME": "jobs",
            "USER": "jobs",
            "PASSWORD": server.password,
        }
        yield server
    finally:
        connection.close()
        connection.settings_dict |= before
        server.stop()


def _copy_tables(server: ArchivedPostgres, source: str) -> None:
    dump = subprocess.run(
        [server._program("pg_dump"), "--no-owner", source], capture_output=True, check=True
    )
    subprocess.run(
        [server._program("psql"), "--quiet", "--set=ON_ERROR_STOP=1", server.url],
        input=dump.stdout,
        stdout=subprocess.DEVNULL,
        check=True,
    )


@pytest.fixture
def valkey(tmp_path: Path, settings: Settings) -> Iterator[SavedValkey]:
    server = SavedValkey(tmp_path / "valkey")
    server.start()
    settings.JOBS_REDIS_URL = server.url
    yield server
    server.stop()


def test_what_happens_again_is_what_waited_at_that_moment(
    postgres: ArchivedPostgres, valkey: SavedValkey, service: Service, notes: Notes
) -> None:
    service.env |= {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url}

    def job(name: str) -> tuple[str, dict[str, Any]]:
        return "tests.note", {"text": name}

    rehearsal = Rehearsal(
        postgres,
        valkey,
        lambda: service.worker("worker"),
        lambda: Counter(notes.texts()),
        job,
        SIZE,
    )
    found = rehearsal.postgresql_goes_back()
    assert found.problems == []
    assert found.again == 2 * SIZE + 1  # the jobs that waited, a batch, and what follows it
    said = "\n".join(found.said)
    assert f"{SIZE} jobs that Redis names are not in PostgreSQL" in said
    assert f"they have their effect again: tests.note ({SIZE // 2})." in said

    found = rehearsal.redis_goes_back()
    assert found.problems == []
    assert found.again == 0
