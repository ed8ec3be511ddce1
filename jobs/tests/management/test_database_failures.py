"""Every command says in the same words that PostgreSQL did not do it."""

from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, ProgrammingError

from jobs.management.commands import check_migrations, runworker, verify_jobs
from jobs.management.database_failures import database_failures
from jobs.services import migrations

LIST = "jobs.management.subcommands.list.limit_transaction"


def away(*_: Any, **__: Any) -> None:
    refused = psycopg.OperationalError("connection refused\n\tIs the server running?")
    raise OperationalError(str(refused)) from refused


def without_tables(*_: Any, **__: Any) -> None:
    raise ProgrammingError('relation "jobs_job" does not exist')


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("command", "place", "status"),
    [
        (["jobs", "list"], LIST, 1),
        (["verify_jobs"], f"{verify_jobs.__name__}.jobs_verify", 3),
        (["check_migrations"], f"{check_migrations.__name__}.MigrationLoader", 3),
        (["runworker"], f"{runworker.__name__}.missing_migrations_sentence", 1),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_an_outage_is_the_same_sentence_everywhere(
    command: list[str], place: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, away)
    with pytest.raises(CommandError) as refused:
        call_command(*command)
    assert str(refused.value) == "PostgreSQL is not reachable: connection refused"
    assert refused.value.returncode == status


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("command", "place", "status"),
    [(["jobs", "list"], LIST, 1), (["verify_jobs"], f"{verify_jobs.__name__}.jobs_verify", 3)],
)
def test_a_database_that_was_not_migrated_is_one_sentence(
    command: list[str], place: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "missing_migrations", lambda: ["jobs.0001_initial"])
    monkeypatch.setattr(place, without_tables)
    with pytest.raises(CommandError, match=r"run `manage\.py migrate`") as refused:
        call_command(*command)
    assert refused.value.returncode == status


@pytest.mark.django_db
def test_a_fault_of_the_program_shows_its_traceback() -> None:
    with pytest.raises(ProgrammingError), database_failures(1):
        without_tables()
