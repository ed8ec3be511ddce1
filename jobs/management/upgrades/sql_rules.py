"""What a statement of SQL in a migration does to the released version."""

import re
from collections.abc import Collection, Iterable, Iterator

from jobs.management.upgrades.alter_table import alter_table
from jobs.management.upgrades.finding import Finding, Lock, Said, Timeout, Transaction
from jobs.management.upgrades.problems import (
    FUNCTION_DROPPED,
    INDEX_CLOSES,
    INDEX_DROPPED,
    REFUSES_ROWS,
    RENAMED,
    ROWS_CHANGED,
    TABLE_DROPPED,
    TRIGGER,
    UNKNOWN,
)
from jobs.management.upgrades.statements import parts_of
from jobs.management.upgrades.tables import Tables, bare

_NAME = r'(?P<name>[\w."]+)'
_TABLE = r'(?P<table>[\w."]+)'


def _form(text: str) -> "re.Pattern[str]":
    return re.compile(text.replace("{name}", _NAME).replace("{table}", _TABLE), re.IGNORECASE)


# Change nothing that the released version uses, or make something that it does not know.
_HARMLESS = _form(
    r"(SET|RESET|SELECT|ANALYZE|VACUUM|COMMENT ON|REINDEX (INDEX|TABLE) CONCURRENTLY"
    r"|CREATE (OR REPLACE )?FUNCTION|CREATE( UNLOGGED)? TABLE|CREATE SEQUENCE|CREATE EXTENSION"
    r"|CREATE (STATISTICS|TYPE|DOMAIN|SCHEMA|VIEW|MATERIALIZED VIEW)|INSERT INTO)\b"
)
_ALTER_TABLE = _form(r"ALTER TABLE (IF EXISTS )?(ONLY )?{table} (?P<actions>.*)")
_DROP_TABLE = _form(r"DROP (TABLE|VIEW|MATERIALIZED VIEW) (IF EXISTS )?(?P<names>.+)")
_CREATE_INDEX = _form(
    r"CREATE (?P<unique>UNIQUE )?INDEX (?P<concurrently>CONCURRENTLY )?(IF NOT EXISTS )?"
    r"((?!ON ){name} )?ON (ONLY )?{table}"
)
_DROP_INDEX = _form(r"DROP INDEX (?P<concurrently>CONCURRENTLY )?(IF EXISTS )?(?P<names>.+)")
_RENAME_INDEX = _form(r"ALTER INDEX (IF EXISTS )?{name} RENAME\b")
_SET_INDEX = _form(r"ALTER INDEX (IF EXISTS )?{name} (SET|RESET) \(")
_TRIGGER = _form(
    r"(CREATE|DROP) (OR REPLACE )?(CONSTRAINT )?TRIGGER (IF EXISTS )?{name} .*?\bON {table}"
)
_DROP_FUNCTION = _form(r"DROP (FUNCTION|PROCEDURE) (IF EXISTS )?{name}")
_WRITES = _form(
    r"\b(UPDATE (ONLY )?|DELETE FROM (ONLY )?|TRUNCATE (TABLE )?|LOCK (TABLE )?){table}"
)

_SET_TIMEOUT = _form(
    r"(SET|RESET) (?P<scope>LOCAL |SESSION )?lock_timeout\b"
    r"( (=|TO) '?(?P<value>\d+)(?P<unit>ms|s|min)?'?$)?"
)
_MILLISECONDS = {"ms": 1, "s": 1_000, "min": 60_000}
# Longer, everybody who waits behind the migration gives up before it does. 0 is no limit at all.
_TIMEOUT_LIMIT_MS = 60_000
_REFERENCES = _form(r"\bREFERENCES {table}")
_BEGIN = _form(r"(BEGIN|START TRANSACTION)\b")
_END = _form(r"(COMMIT|ROLLBACK|END)\b")


def indexes_made(statements: Iterable[str]) -> set[str]:
    """The names of the indexes that these statements build."""
    found = (_CREATE_INDEX.match(one) for one in statements)
    return {bare(one["name"]) for one in found if one and one["name"]}


def said_of_statement(
    statement: str, released: Tables, present: Tables, new_indexes: Collection[str]
) -> Iterator[Said]:
    """What is to be said about it; `new_indexes`: those that migrations since the release make."""
    if found := _SET_TIMEOUT.match(statement):
        yield Timeout(_is_limit(found), is_local=(found["scope"] or "").upper() == "LOCAL ")
    elif _BEGIN.match(statement):
        yield Transaction(begins=True)
    elif _END.match(statement):
        yield Transaction(begins=False)
    elif found := _ALTER_TABLE.match(statement):
        if released.has(found["table"]):
            yield from alter_table(bare(found["table"]), found["actions"], released, present)
    elif found := _DROP_TABLE.match(statement):
        for table in _names(found["names"]):
            if released.has(table):
                yield Lock(table)
                yield Finding(table, TABLE_DROPPED, breaks=True)
    elif found := _CREATE_INDEX.match(statement):
        if released.has(found["table"]):
            yield from _create_index(found)
    elif found := _DROP_INDEX.match(statement):
        for name in _names(found["names"]):
            if name not in new_indexes or name in released.index_names():
                if not found["concurrently"]:
                    yield Lock(f"index {name}")
                yield Finding(f"index {name}", INDEX_DROPPED)
    elif found := _RENAME_INDEX.match(statement):
        yield Lock(f"index {found['name']}")
        yield Finding(f"index {found['name']}", RENAMED)
    elif found := _SET_INDEX.match(statement):
        yield Lock(f"index {found['name']}")
    elif found := _TRIGGER.match(statement):
        if released.has(found["table"]):
            yield Lock(bare(found["table"]), lets_read=True)
            yield Finding(f"trigger {found['name']}", TRIGGER)
    elif found := _DROP_FUNCTION.match(statement):
        yield Finding(f"function {found['name']}", FUNCTION_DROPPED)
    else:
        yield from _other(statement, released)


def _is_limit(found: "re.Match[str]") -> bool:
    unit = (found["unit"] or "ms").lower()
    return 0 < int(found["value"] or 0) * _MILLISECONDS[unit] <= _TIMEOUT_LIMIT_MS


def _create_index(found: "re.Match[str]") -> Iterator[Said]:
    subject = f"index {bare(found['name'])}" if found["name"] else f"index of {found['table']}"
    if not found["concurrently"]:
        yield Lock(bare(found["table"]), lets_read=True)
        yield Finding(subject, INDEX_CLOSES)
    if found["unique"]:
        yield Finding(subject, REFUSES_ROWS)


def _names(text: str) -> list[str]:
    """Those that a DROP names."""
    return [bare(one.split()[0]) for one in parts_of(text)]


def _other(statement: str, released: Tables) -> Iterator[Said]:
    written = [bare(one["table"]) for one in _WRITES.finditer(statement)]
    for table in dict.fromkeys(one for one in written if released.has(one)):
        yield Lock(table, lets_read=True)
        yield Finding(f"rows of {table}", ROWS_CHANGED)
    for found in _REFERENCES.finditer(statement):
        if released.has(found["table"]):
            yield Lock(bare(found["table"]), lets_read=True)
    if not written and not _HARMLESS.match(statement):
        yield Finding(f"statement {statement[:60]!r}", UNKNOWN)
