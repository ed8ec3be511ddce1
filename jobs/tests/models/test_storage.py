"""The storage settings of the tables that change most, and the order of columns."""

from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from jobs.models import Job
from jobs.tests.factories import make_job

migration = import_module("jobs.migrations.0049_order_of_columns")

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("table", "settings"),
    [
        ("jobs_job", {"fillfactor=65", "autovacuum_vacuum_scale_factor=0.02"}),
        ("jobs_processedkey", {"autovacuum_vacuum_scale_factor=0.02"}),
    ],
)
def test_vacuum_follows_the_changes_of_a_queue(table: str, settings: set[str]) -> None:
    """However large the table is: by default it would wait until a fifth of it is dead."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE oid = %s::regclass", [table])
        [(options,)] = cursor.fetchall()
    assert settings <= set(options)


def test_the_table_of_jobs_is_made_in_order_while_it_is_empty_and_with_all_it_had() -> None:
    assert _columns()[: len(migration.ORDER)] == migration.ORDER
    names = [one.name for one in (*Job._meta.indexes, *Job._meta.constraints)]
    assert {name for name, _ in _parts()} >= {*names, "jobs_job_pkey"}

    _execute("ALTER TABLE jobs_job ADD COLUMN later text COLLATE \"C\" NOT NULL DEFAULT 'x'")
    former, before = _oid(), (_columns(), _parts(), _options())
    _execute(migration.REMAKE)
    assert (_columns(), _parts(), _options()) == before
    remade = _oid()
    assert remade != former

    _execute("CREATE VIEW of_a_project AS SELECT id FROM jobs_job")
    _execute(migration.REMAKE)
    assert _oid() == remade
    _execute("DROP VIEW of_a_project")
    make_job()
    _execute(migration.REMAKE)
    assert _oid() == remade
    assert Job.objects.count() == 1


def _execute(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def _oid() -> int:
    [(oid,)] = _execute("SELECT 'jobs_job'::regclass::oid")
    return int(oid)


def _columns() -> list[str]:
    rows = _execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'jobs_job'::regclass AND attnum > 0 "
        "AND NOT attisdropped ORDER BY attnum"
    )
    return [name for (name,) in rows]


def _parts() -> list[tuple[Any, ...]]:
    """Columns, constraints from and to the table, and indexes, each with its definition."""
    return _execute(
        "SELECT column_name, concat_ws(' ', data_type, character_maximum_length, collation_name, "
        "column_default, is_nullable) FROM information_schema.columns "
        "WHERE table_name = 'jobs_job' "
        "UNION ALL SELECT conname, concat_ws(' ', conrelid::regclass, pg_get_constraintdef(oid)) "
        "FROM pg_constraint WHERE 'jobs_job'::regclass IN (conrelid, confrelid) AND contype <> 'n' "
        "UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'jobs_job' "
        "ORDER BY 1, 2"
    )


def _options() -> list[tuple[Any, ...]]:
    return _execute("SELECT reloptions FROM pg_class WHERE oid = 'jobs_job'::regclass")
