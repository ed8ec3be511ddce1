"""A summary of block ranges that was interrupted is seen, and what is advised mends it."""

from contextlib import suppress

import pytest
from django.test import Client
from django.urls import reverse

from jobs.services import block_ranges
from jobs.services.block_ranges import Search, searches_in_vain
from jobs.services.time_limit import StatementTooSlow, statements_within
from jobs.sql.statements import execute, fetch_rows
from jobs.tests.admin.pages import text_of

INDEX = "job_pages_by_value"
ROWS, FEW_PAGES = 20_000, 100
# In the middle of it on most machines; another try follows.
SUMMARY_SECONDS, TRIES = 0.002, 200

FILL = """
INSERT INTO jobs_job (
    id, type, queue, priority, payload, effect_key, state, attempt, failures, crashes,
    max_retries, errors, created_at, run_at, dispatched_at
)
SELECT
    id, 'tests.note', 'default', 5, '{}', id::text, 'queued', 0, 0, 0, 4, '[]', now(), now(), now()
FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, %s)) AS made
"""


def pages_read() -> int:
    [search] = [one for one in searches_in_vain() if one.name == INDEX]
    assert search.pages is not None
    return search.pages


def interrupt_a_summary() -> None:
    """Ends the summary of the whole table in its middle, where a range has a placeholder."""
    [(pages,)] = fetch_rows("SELECT pg_relation_size('jobs_job') / 8192")
    execute(
        f"SELECT brin_desummarize_range('{INDEX}', page) FROM generate_series(0, %s, 16) page",
        [pages],
    )
    with suppress(StatementTooSlow), statements_within(SUMMARY_SECONDS):
        execute(f"SELECT brin_summarize_new_values('{INDEX}')")
    execute(f"SELECT brin_summarize_new_values('{INDEX}')")


@pytest.mark.django_db(transaction=True)
def test_an_interrupted_summary_is_told_until_the_index_is_built_anew(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(FILL, [ROWS])
    execute("VACUUM jobs_job")
    assert pages_read() < 16
    for _ in range(TRIES):
        interrupt_a_summary()
        if pages_read() > FEW_PAGES:
            break
    execute("VACUUM jobs_job")
    assert pages_read() > FEW_PAGES
    monkeypatch.setattr(block_ranges, "PAGES_MIN", FEW_PAGES)
    page, advice = reverse("admin:jobs_health"), f"REINDEX INDEX CONCURRENTLY {INDEX}"
    assert advice in text_of(admin_client, page)
    execute(f"REINDEX INDEX {INDEX}")
    assert pages_read() == 0
    assert advice not in text_of(admin_client, page)


@pytest.mark.parametrize(
    ("pages", "table_pages", "is_in_vain"),
    [(0, 0, False), (900, 1_000, False), (20_000, 500_000, False), (30_000, 500_000, True)],
)
def test_what_is_in_vain(pages: int, table_pages: int, is_in_vain: bool) -> None:
    assert Search(INDEX, pages, table_pages).is_in_vain is is_in_vain


def test_a_search_that_is_ended_is_in_vain() -> None:
    assert Search(INDEX, None, 10).is_in_vain
