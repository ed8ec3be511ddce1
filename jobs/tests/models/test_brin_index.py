"""The block range index is what PostgreSQL has made, and is summarised as the table grows."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_index_of_old_keys_is_a_small_one_that_keeps_itself() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = %s", ["processed_key_by_age"]
        )
        [(definition,)] = cursor.fetchall()
    assert "USING brin (created_at)" in definition
    assert "autosummarize" in definition
