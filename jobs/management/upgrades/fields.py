"""What a new field, and one that is changed, mean for a version that does not know that."""

from collections.abc import Iterator
from typing import Any

from django.db import connection, models
from django.db.models import functions
from django.db.models.expressions import Value

from jobs.management.upgrades.finding import Finding, Lock, Said
from jobs.management.upgrades.problems import (
    INDEX_CLOSES,
    NO_DEFAULT,
    NO_MORE_NULL,
    NOT_NULL,
    NULL_NOW,
    OTHER_TYPE,
    RENAMED,
    REWRITES,
    UNIQUE_COLUMN,
    UNIQUE_DROPPED,
)
from jobs.management.upgrades.tables import AnyField, column_of

# Of one moment or one value, so that PostgreSQL keeps it once for all rows that are there.
_CONSTANT = (Value, functions.Now)


def added_field(table: str, column: str, field: AnyField) -> Iterator[Finding]:
    """A new column of a table that the released version writes."""
    if isinstance(field, models.ManyToManyField):
        return
    subject = f"{table}.{column}"
    if isinstance(field, models.GeneratedField):
        yield Finding(subject, REWRITES, breaks=True)
        return
    if not field.null and not field.has_db_default():
        yield Finding(subject, NOT_NULL, breaks=True)
    if field.has_db_default() and not _is_constant(field.db_default):
        yield Finding(subject, REWRITES, breaks=True)
    if field.unique:
        yield Finding(subject, UNIQUE_COLUMN)
    elif field.db_index:
        yield Finding(f"index of {subject}", INDEX_CLOSES)


def altered_field(table: str, name: str, old: AnyField, new: AnyField) -> Iterator[Said]:
    """A column that is changed; nothing where only Python notices."""
    subject = f"{table}.{column_of(name, old)}"
    findings = list(_changes(subject, name, old, new))
    if findings or _facts(old) != _facts(new):
        yield Lock(table)
    yield from findings


def _changes(subject: str, name: str, old: AnyField, new: AnyField) -> Iterator[Finding]:
    if column_of(name, old) != column_of(name, new):
        yield Finding(subject, RENAMED, breaks=True)
    if old.null and not new.null:
        yield Finding(subject, NO_MORE_NULL, breaks=True)
    if new.null and not old.null:
        yield Finding(subject, NULL_NOW)
    if old.has_db_default() and not new.has_db_default() and not new.null:
        yield Finding(subject, NO_DEFAULT, breaks=True)
    if not _is_wider(old, new):
        yield Finding(subject, OTHER_TYPE, breaks=True)
    if new.unique and not old.unique:
        yield Finding(subject, UNIQUE_COLUMN)
    elif new.db_index and not old.db_index and not old.unique:
        yield Finding(f"index of {subject}", INDEX_CLOSES)
    if old.unique and not new.unique:
        yield Finding(subject, UNIQUE_DROPPED, breaks=True)


def _is_wider(old: AnyField, new: AnyField) -> bool:
    """Whether it takes all that the old one takes, in the same form on disk."""
    if _type(old) == _type(new):
        return _collation(old) == _collation(new)
    if isinstance(old, models.DecimalField) and isinstance(new, models.DecimalField):
        same_places = old.decimal_places == new.decimal_places
        return same_places and (new.max_digits or 0) >= (old.max_digits or 0)
    is_text = isinstance(old, models.CharField) and isinstance(
        new, models.CharField | models.TextField
    )
    if not is_text or _collation(old) != _collation(new):
        return False
    length = new.max_length if isinstance(new, models.CharField) else None
    return length is None or (old.max_length is not None and length >= old.max_length)


def _facts(field: AnyField) -> tuple[object, ...]:
    """What the database knows of it."""
    default = field.db_default if field.has_db_default() else None
    return (
        _type(field),
        _collation(field),
        field.null,
        field.unique,
        field.db_index,
        repr(default),
        getattr(field, "db_constraint", None),
    )


def _type(field: AnyField) -> object:
    """That of its column. A reference has that of what it refers to, which no state tells."""
    if isinstance(field, models.ForeignKey):
        return str(field.remote_field.model).lower(), field.to_fields
    return field.db_type(connection)


def _collation(field: Any) -> str | None:
    found: str | None = getattr(field, "db_collation", None)
    return found


def _is_constant(default: object) -> bool:
    return not hasattr(default, "resolve_expression") or isinstance(default, _CONSTANT)
