"""The state of an installation, for its operators: each fact with what to do about it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from jobs import __version__
from jobs.broker import get_broker
from jobs.core.conf import JobsConf, jobs_conf, setting_name
from jobs.core.errors import BrokerUnavailable
from jobs.services.block_ranges import Search, searches_in_vain
from jobs.services.migrations import missing_migrations
from jobs.sql.statements import fetch_rows, run

MEGABYTE = 1024 * 1024
# Above this share of dead rows a table that has many is read noticeably more slowly.
DEAD_SHARE_MAX = 0.2
DEAD_ROWS_MIN = 10_000
# Where less of Redis's memory is free, it soon evicts or refuses.
REDIS_SHARE_MAX = 0.8
RETENTION = (
    "retention_days",
    "result_retention_days",
    "key_retention_days",
    "answer_retention_hours",
)
# Settings with such a word in their names are not shown: addresses may have a password in them.
SECRET = re.compile("url|secret|token|password")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is so. `advice`: what to do about it; empty while it is well."""

    name: str
    value: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class TableFact:
    """One table of this app. `bytes`: with its indexes. `vacuumed_at`: the later of both kinds."""

    name: str
    rows: int
    dead_rows: int
    bytes: int
    vacuumed_at: Any
    analyzed_at: Any

    @property
    def is_bloated(self) -> bool:
        """Whether it has more dead rows than autovacuum should leave."""
        return self.dead_rows > max(DEAD_ROWS_MIN, DEAD_SHARE_MAX * (self.rows + self.dead_rows))


@dataclass(frozen=True, slots=True)
class Health:
    """Everything on the page of this name."""

    versions: list[Fact]
    broker: list[Fact]
    tables: list[TableFact]
    searches: list[Fact]
    retention: list[Fact]
    settings: list[Fact]


def health_now() -> Health:
    """Asks PostgreSQL and Redis; costs a few queries. Raises the database's errors."""
    conf = jobs_conf()
    return Health(
        versions=list(_versions()),
        broker=list(_broker()),
        tables=[TableFact(*row) for row in run("table_sizes")],
        searches=[_search(one) for one in searches_in_vain()],
        retention=[_setting(conf, name) for name in RETENTION],
        settings=[
            _setting(conf, one.name) for one in fields(JobsConf) if one.name not in RETENTION
        ],
    )


def _versions() -> Iterator[Fact]:
    yield Fact("version", __version__)
    [(server,)] = fetch_rows("SHOW server_version")
    yield Fact("PostgreSQL", str(server))
    missing = missing_migrations()
    yield Fact(
        "migrations",
        "all are applied" if not missing else f"missing: {', '.join(missing)}",
        "Run manage.py migrate." if missing else "",
    )


def _broker() -> Iterator[Fact]:
    try:
        facts = get_broker().server_facts()
    except BrokerUnavailable as error:
        yield Fact("Redis", f"does not answer: {error}", "Jobs run all the same, more slowly.")
        return
    yield Fact("Redis", facts.version)
    yield Fact(
        "eviction policy",
        facts.eviction_policy,
        "Set maxmemory-policy noeviction: evicted entries are dispatched again, seconds later."
        if facts.has_evicting_policy
        else "",
    )
    used = f"{facts.used_bytes / MEGABYTE:,.1f} MB"
    if not facts.max_bytes:
        yield Fact("memory", f"{used}, without a limit")
        return
    share = facts.used_bytes / facts.max_bytes
    yield Fact(
        "memory",
        f"{used} of {facts.max_bytes / MEGABYTE:,.1f} MB ({share:.0%})",
        "Give Redis more memory: it refuses dispatches when it is full."
        if share > REDIS_SHARE_MAX
        else "",
    )


def _search(search: Search) -> Fact:
    pages = "reads for more than a second"
    if search.pages is not None:
        pages = f"reads {search.pages:,} of {search.table_pages:,} pages"
    return Fact(
        search.name,
        f"a search for what no job has {pages}",
        f"Run REINDEX INDEX CONCURRENTLY {search.name}: its summary was interrupted."
        if search.is_in_vain
        else "",
    )


def _setting(conf: JobsConf, name: str) -> Fact:
    value = getattr(conf, name)
    if value and SECRET.search(name):
        return Fact(setting_name(name), "is set; not shown, because it may have a password")
    return Fact(setting_name(name), _in_words(value))


def _in_words(value: object) -> str:
    """A setting as `.env` has it: `14` and not `14.0`, `yes` and not `True`."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return "not set" if value in (None, "") else str(value)
