"""Sessions whose database writes moments and spans of time in another way than psycopg reads."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from jobs.sql.statements import database_now, fetch_rows

pytestmark = pytest.mark.django_db(transaction=True)

STYLES = [
    ("DateStyle", "SQL, DMY"),
    ("DateStyle", "German"),
    ("DateStyle", "Postgres"),
    ("IntervalStyle", "iso_8601"),
]


@pytest.fixture(params=STYLES, ids=lambda style: style[1])
def of_another_style(request: pytest.FixtureRequest) -> Iterator[None]:
    name, value = request.param
    database = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {database} SET {name} = '{value}'")
    connection.close()
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {database} RESET {name}")
    connection.close()


@pytest.mark.usefixtures("of_another_style")
def test_moments_and_spans_are_read() -> None:
    with transaction.atomic():  # what is set stays set after a rollback
        database_now()
        transaction.set_rollback(True)
    assert abs(database_now() - datetime.now(UTC)) < timedelta(minutes=5)
    assert fetch_rows("SELECT interval '36 hours'") == [(timedelta(hours=36),)]
