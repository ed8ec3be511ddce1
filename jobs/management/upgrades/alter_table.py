"""What ALTER TABLE, on a table of the released version, does to it."""

import re
from collections.abc import Callable, Iterator

from django.db import models

from jobs.management.upgrades.finding import Finding, Lock, Said
from jobs.management.upgrades.problems import (
    CONSTRAINT_BUILDS_INDEX,
    CONSTRAINT_READS_TABLE,
    DROPPED,
    NO_DEFAULT,
    NO_MORE_NULL,
    NOT_NULL,
    NULL_NOW,
    OTHER_TYPE,
    REFUSES_ROWS,
    RENAMED,
    REWRITES,
    UNIQUE_COLUMN,
    UNIQUE_DROPPED,
    UNKNOWN,
)
from jobs.management.upgrades.statements import parts_of
from jobs.management.upgrades.tables import Tables

_NAME = r'"?(?P<name>\w+)"?'
_CONSTRAINT = r"(CHECK|FOREIGN KEY|UNIQUE|PRIMARY KEY|EXCLUDE)"
# A default that differs from row to row: PostgreSQL rewrites the table, which is closed meanwhile.
_VOLATILE = re.compile(
    r"\b(random|clock_timestamp|timeofday|nextval|gen_random_uuid|uuidv[47]|\w*serial)\b|GENERATED",
    re.IGNORECASE,
)

# Its lock lets reading and writing pass, while it waits and while it is held.
_VALIDATE = re.compile(r"VALIDATE CONSTRAINT\b", re.IGNORECASE)

Rule = Callable[[str, "re.Match[str]", Tables, Tables], Iterator[Finding]]


def alter_table(table: str, actions: str, released: Tables, present: Tables) -> Iterator[Said]:
    """What is to be said about each of its actions."""
    if any(not _VALIDATE.match(action) for action in parts_of(actions)):
        yield Lock(table)
    for action in parts_of(actions):
        for form, rule in _RULES:
            if found := form.match(action):
                yield from rule(table, found, released, present)
                break
        else:
            yield Finding(f"{table}: {action[:60]}", UNKNOWN)


def _harmless(*_: object) -> Iterator[Finding]:
    return iter(())


def _add_constraint(
    table: str, found: "re.Match[str]", released: Tables, present: Tables
) -> Iterator[Finding]:
    subject = f"constraint {found['name']}"
    text = found.string
    if found["kind"].upper() in {"UNIQUE", "PRIMARY KEY", "EXCLUDE"}:
        if not re.search(r"\bUSING INDEX\b", text, re.IGNORECASE):
            yield Finding(subject, CONSTRAINT_BUILDS_INDEX)
    elif not re.search(r"\bNOT VALID\b", text, re.IGNORECASE):
        yield Finding(subject, CONSTRAINT_READS_TABLE)
    yield Finding(subject, REFUSES_ROWS)


def _drop_constraint(
    table: str, found: "re.Match[str]", released: Tables, present: Tables
) -> Iterator[Finding]:
    if found["name"] in released.unique_names(table):
        yield Finding(f"constraint {found['name']}", UNIQUE_DROPPED, breaks=True)


def _add_column(
    table: str, found: "re.Match[str]", released: Tables, present: Tables
) -> Iterator[Finding]:
    subject, text = f"{table}.{found['name']}", found["rest"]
    has_default = re.search(r"\bDEFAULT\b|GENERATED|serial\b", text, re.IGNORECASE)
    if re.search(r"\bNOT NULL\b|PRIMARY KEY", text, re.IGNORECASE) and not has_default:
        yield Finding(subject, NOT_NULL, breaks=True)
    if _VOLATILE.search(text):
        yield Finding(subject, REWRITES, breaks=True)
    if re.search(r"\bUNIQUE\b", text, re.IGNORECASE):
        yield Finding(subject, UNIQUE_COLUMN)


def _drop_column(
    table: str, found: "re.Match[str]", released: Tables, present: Tables
) -> Iterator[Finding]:
    if released.has_column(table, found["name"]):
        yield Finding(f"{table}.{found['name']}", DROPPED, breaks=True)


def _alter_column(
    table: str, found: "re.Match[str]", released: Tables, present: Tables
) -> Iterator[Finding]:
    subject = f"{table}.{found['name']}"
    what = found["rest"].upper()
    if what.startswith("SET NOT NULL"):
        yield Finding(subject, NO_MORE_NULL, breaks=True)
    elif what.startswith("DROP NOT NULL"):
        if released.has_column(table, found["name"]):
            yield Finding(subject, NULL_NOW)
    elif what.startswith("DROP DEFAULT"):
        yield Finding(subject, NO_DEFAULT, breaks=True)
    elif type_ := re.match(r"(SET DATA )?TYPE (?P<type>.*)", what):
        field = present.field(table, found["name"])
        if type_["type"] != "TEXT" or not isinstance(field, models.CharField | models.TextField):
            yield Finding(subject, OTHER_TYPE, breaks=True)
    elif not re.match(r"SET (DEFAULT|STATISTICS|STORAGE|COMPRESSION|\()", what):
        yield Finding(f"{subject}: {found['rest'][:60]}", UNKNOWN)


def _rename(
    table: str, found: "re.Match[str]", released: Tables, present: Tables
) -> Iterator[Finding]:
    yield Finding(f"{table}: {found.string}", RENAMED, breaks=True)


_RULES: tuple[tuple["re.Pattern[str]", Rule], ...] = tuple(
    (re.compile(form.format(name=_NAME, constraint=_CONSTRAINT), re.IGNORECASE), rule)
    for form, rule in (
        (r"ADD CONSTRAINT {name} (?P<kind>{constraint})", _add_constraint),
        (r"DROP CONSTRAINT (IF EXISTS )?{name}", _drop_constraint),
        (r"(VALIDATE CONSTRAINT\b|SET \(|RESET \(|REPLICA IDENTITY|OWNER TO)", _harmless),
        (r"RENAME\b", _rename),
        (r"ADD (?!{constraint}\b)(COLUMN )?(IF NOT EXISTS )?{name} (?P<rest>.*)", _add_column),
        (r"DROP (COLUMN )?(IF EXISTS )?{name}", _drop_column),
        (r"ALTER (?!CONSTRAINT\b)(COLUMN )?{name} (?P<rest>.*)", _alter_column),
    )
)
