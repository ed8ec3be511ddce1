"""PostgreSQL by TLS with a private authority."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections

from jobs.management.commands import runworker
from jobs.services.database_errors import tls_refusal
from scheduler.database_url import database_settings
from scheduler.env import BASE_DIR
from scheduler.postgresql.base import DatabaseWrapper
from scheduler.variables import Variables
from tools.servers.certificates import Certificates
from tools.servers.debian_postgres import EncryptedPostgres

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EncryptedPostgres]:
    """Its certificate is for `localhost` alone."""
    home = tmp_path_factory.mktemp("tls")
    tls = Certificates(home / "certificates")
    server = EncryptedPostgres(home / "postgresql", tls, tls.pair_for("localhost"))
    server.start()
    yield server
    server.stop()


def url_of(server: EncryptedPostgres, host: str, **options: object) -> str:
    query = "&".join(f"{name}={value}" for name, value in options.items())
    return f"postgres://jobs:{server.password}@{host}:{server.port}/jobs?{query}"


def asked(url: str, sql: str) -> tuple[Any, ...]:
    """The first row, over a connection as the settings make it."""
    found = database_settings(Variables({"DATABASE_URL": url}))
    default = connections["default"].settings_dict
    connection = DatabaseWrapper({**default, "TEST": default["TEST"], **found}, "default")
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            row: tuple[Any, ...] = cursor.fetchone()
    finally:
        connection.close()
    return row


def refusal_of(url: str) -> str:
    with pytest.raises(OperationalError) as refused:
        asked(url, "SELECT 1")
    sentence = tls_refusal(refused.value)
    assert "\n" not in sentence
    return sentence


def test_the_certificate_and_the_name_are_looked_at(server: EncryptedPostgres) -> None:
    trusted = {"sslmode": "verify-full", "sslrootcert": server.tls.authority}
    sql = "SELECT ssl, current_user FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    assert asked(url_of(server, "localhost", **trusted), sql) == (True, "jobs")
    assert "is for another name" in refusal_of(url_of(server, "127.0.0.1", **trusted))


def test_another_authority_is_refused(server: EncryptedPostgres, tmp_path: Path) -> None:
    other = Certificates(tmp_path).authority
    for mode in ("verify-full", "verify-ca"):
        refused = refusal_of(url_of(server, "localhost", sslmode=mode, sslrootcert=other))
        assert "not signed by the authority that is trusted" in refused


def test_a_server_that_takes_tls_alone(server: EncryptedPostgres) -> None:
    refused = refusal_of(url_of(server, "localhost", sslmode="disable"))
    assert "takes connections by TLS alone: add sslmode=verify-full" in refused


def test_a_server_without_tls(server: EncryptedPostgres) -> None:
    settings = connections["default"].settings_dict
    url = (
        f"postgres://{settings['USER']}:{settings['PASSWORD']}@127.0.0.1:{settings['PORT']}"
        f"/{settings['NAME']}?sslmode=verify-full&sslrootcert={server.tls.authority}"
    )
    assert "answers without TLS" in refusal_of(url)


def test_a_wrong_password_is_no_matter_of_tls(server: EncryptedPostgres) -> None:
    trusted = {"sslmode": "verify-full", "sslrootcert": server.tls.authority}
    url = url_of(server, "localhost", **trusted).replace(server.password, "wrong")
    assert refusal_of(url) == ""


def test_a_worker_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> list[str]:
        raise OperationalError("connection failed:\nSSL error: certificate verify failed")

    monkeypatch.setattr(runworker, "missing_migrations_sentence", refuse)
    with pytest.raises(CommandError, match="name the file of its authority") as refused:
        call_command("runworker")
    assert refused.value.returncode == 2


def test_a_command_ends_with_one_sentence(server: EncryptedPostgres, tmp_path: Path) -> None:
    other = Certificates(tmp_path).authority
    url = url_of(server, "localhost", sslmode="verify-full", sslrootcert=other)
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--skip-checks"],
        cwd=BASE_DIR,
        env=os.environ | {"DATABASE_URL": url},
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 2
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("PostgreSQL: the certificate of the server is not valid now, or not")
    assert server.password not in line
