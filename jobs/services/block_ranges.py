"""Whether searches by the block range indexes of jobs still skip what they may skip.

PostgreSQL writes a placeholder before it summarises a range of pages. Where that is interrupted the
placeholder stays, and a search takes it and every range behind it for a match, so that it reads
that part of the table in vain. Vacuum summarises only ranges that have nothing
(docs/decisions/0032).
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from jobs.services.time_limit import StatementTooSlow, statements_within
from jobs.sql.statements import execute, fetch_rows

# A search that reads in vain for longer is as slow as staff would find it.
SEARCH_SECONDS = 1.0
# What came in since the last vacuum has no summary yet: 2 % of the table, and a thousand rows.
SHARE_MAX = 0.05
PAGES_MIN = 1_000


class Search(NamedTuple):
    """How many of the table's pages a search for what no job has reads by the index of that name.

    `pages`: None where it was ended, as it took longer than a second.
    """

    name: str
    pages: int | None
    table_pages: int

    @property
    def is_in_vain(self) -> bool:
        """Whether it reads more than what was not summarised yet."""
        return self.pages is None or self.pages > max(PAGES_MIN, SHARE_MAX * self.table_pages)


# No type and no request is called so: both are texts without a space.
_NOTHING = "no job has this"
_SEARCHES = {
    "job_pages_by_value": "SELECT FROM jobs_job WHERE type = %s",
    "job_pages_with_request": "SELECT FROM jobs_job WHERE request_id = %s",
}


def searches_in_vain() -> list[Search]:
    """One of each index. Where all is well that reads the indexes, and little of the table."""
    [(table_pages,)] = fetch_rows("SELECT relpages FROM pg_class WHERE oid = 'jobs_job'::regclass")
    return [Search(name, _pages_read(sql), table_pages) for name, sql in _SEARCHES.items()]


def _pages_read(sql: str) -> int | None:
    try:
        with statements_within(SEARCH_SECONDS):
            execute(_BY_INDEX_ALONE)
            [(answer,)] = fetch_rows(
                f"EXPLAIN (ANALYZE, TIMING off, FORMAT JSON) {sql}", [_NOTHING]
            )
    except StatementTooSlow:
        return None
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    return sum(_heap_pages(plan))


# Small tables are otherwise read from their beginning on, and several processes each count.
_BY_INDEX_ALONE = (
    "SELECT set_config('enable_seqscan', 'off', true), "
    "set_config('max_parallel_workers_per_gather', '0', true)"
)


def _heap_pages(node: dict[str, Any]) -> Iterator[int]:
    yield node.get("Lossy Heap Blocks", 0) + node.get("Exact Heap Blocks", 0)
    for inner in node.get("Plans", ()):
        yield from _heap_pages(inner)
