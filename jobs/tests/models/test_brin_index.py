"""The block range index of old keys led to every block: an ordinary one has replaced it."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_oldest_keys_are_found_by_an_ordinary_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE indexname ~ '^processed_'")
        definitions = dict(cursor.fetchall())
    assert definitions.keys() == {"processed_key_oldest_first"}
    assert "USING btree (created_at)" in definitions["processed_key_oldest_first"]
