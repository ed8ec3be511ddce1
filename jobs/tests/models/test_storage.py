"""The storage settings of the tables that change most."""

import pytest
from django.db import connection

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
