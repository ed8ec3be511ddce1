"""Pages by id: rows that come or go meanwhile neither repeat nor hide others; nothing is counted.

Ids are UUIDv7, so that their order is that in time. Pages have the newest row first.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

LIMIT_DEFAULT = 50
LIMIT_MAX = 200
CURSOR_MAX = 50  # characters; those that this service writes have 23

_OLDER, _NEWER = b"o", b"n"

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: beside the row `id`, towards older or newer ones."""

    id: UUID
    newer: bool = False

    def encode(self) -> str:
        """The cursor as an opaque text that is safe in a URL."""
        raw = (_NEWER if self.newer else _OLDER) + self.id.bytes
        return urlsafe_b64encode(raw).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """The cursor that `encode` wrote; raises `ValueError` for anything else."""
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        if len(raw) != 17 or raw[:1] not in (_OLDER, _NEWER):
            raise ValueError("not a cursor")
        cursor = cls(UUID(bytes=raw[1:]), newer=raw[:1] == _NEWER)
        if cursor.encode() != text:  # base64 skips characters that it does not know
            raise ValueError("not a cursor")
        return cursor


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows, newest first, and the cursors of the pages beside them."""

    rows: list[Row]
    next: Cursor | None = None
    prev: Cursor | None = None


def page_of(queryset: QuerySet[Row], cursor: Cursor | None, limit: int) -> Page[Row]:
    """The page at the cursor, in one query; without a cursor the newest rows."""
    if cursor is not None and cursor.newer:
        return _newer_page(queryset, cursor.id, limit)
    return _older_page(queryset, cursor.id if cursor else None, limit)


def _older_page(queryset: QuerySet[Row], before: UUID | None, limit: int) -> Page[Row]:
    if before is not None:
        queryset = queryset.filter(pk__lt=before)
    found = list(queryset.order_by("-pk")[: limit + 1])  # one more tells whether there is a next
    rows = found[:limit]
    if not rows:
        return Page(rows)
    return Page(
        rows,
        next=Cursor(rows[-1].pk) if len(found) > limit else None,
        prev=Cursor(rows[0].pk, newer=True) if before is not None else None,
    )


def _newer_page(queryset: QuerySet[Row], after: UUID, limit: int) -> Page[Row]:
    found = list(queryset.filter(pk__gt=after).order_by("pk")[: limit + 1])
    rows = found[:limit][::-1]
    if not rows:
        return Page(rows)
    return Page(
        rows,
        next=Cursor(rows[-1].pk),
        prev=Cursor(rows[0].pk, newer=True) if len(found) > limit else None,
    )
