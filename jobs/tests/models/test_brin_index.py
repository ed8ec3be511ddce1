"""Block range indexes: they are written only where that finds something."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_oldest_keys_are_found_by_an_ordinary_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE indexname ~ '^processed_'")
        definitions = dict(cursor.fetchall())
    assert definitions.keys() == {"processed_key_oldest_first"}
    assert "USING btree (created_at)" in definitions["processed_key_oldest_first"]


@pytest.mark.django_db
def test_no_block_range_index_is_asked_to_hold_null() -> None:
    """PostgreSQL writes the summary of a range that has nothing but NULL anew with each NULL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT i.indexrelid::regclass::text FROM pg_index AS i "
            "JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_am AS am ON am.oid = c.relam "
            "JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) "
            "WHERE am.amname = 'brin' AND NOT a.attnotnull "
            "AND coalesce(pg_get_expr(i.indpred, i.indrelid), '') "
            "!~ format('%I IS NOT NULL', a.attname)"
        )
        assert cursor.fetchall() == []
