"""The query parameters that every list has."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from django.db.models import QuerySet
from rest_framework import serializers

from jobs.api.shared.fields import NamesField, QueryNumberField, TextField
from jobs.api.shared.limits import QUEUE_MAX, TYPE_MAX
from jobs.api.shared.pages import CURSOR_MAX, LIMIT_DEFAULT, LIMIT_MAX, Cursor
from jobs.api.shared.strict_serializer import StrictSerializer


class Heavy(NamedTuple):
    """A large column that only one member of a representation needs, and what is empty for it."""

    column: str
    empty: Callable[[], Any]


class PageQuery(StrictSerializer):
    """The query parameters that every list has."""

    # What `fields` may name, and what need not be read if it does not.
    members: ClassVar[tuple[str, ...]] = ()
    heavy: ClassVar[dict[str, Heavy]] = {}
    # Parameters that still work and should not be used any more, and since when.
    deprecated: ClassVar[dict[str, datetime]] = {}

    limit = QueryNumberField(min_value=1, max_value=LIMIT_MAX, default=LIMIT_DEFAULT)
    cursor = TextField(max_length=CURSOR_MAX, default=None)
    type = TextField(max_length=TYPE_MAX, required=False)
    queue = TextField(max_length=QUEUE_MAX, required=False)
    fields = NamesField(lambda query: query.members, default=None)  # type: ignore[assignment]

    @classmethod
    def lists(cls) -> list[str]:
        """The parameters that take several values."""
        declared = cls._declared_fields.items()
        return [name for name, field in declared if isinstance(field, NamesField)]

    def validate_cursor(self, cursor: str | None) -> Cursor | None:
        """The cursor; one that this service did not write is refused."""
        if cursor is None:
            return None
        try:
            return Cursor.decode(cursor)
        except ValueError:
            raise serializers.ValidationError(
                "Take the cursor from next or prev of a page.", code="bad_cursor"
            ) from None

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that the query asks for, without the large columns that it does not."""
        asked = {name: self.validated_data.get(name) for name in ("type", "queue")}
        rows = rows.filter(**{name: value for name, value in asked.items() if value is not None})
        return rows.defer(*[heavy.column for heavy in self._unread()])

    def represented(
        self, row: Any, represent: Callable[[Any], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """The row, with those members that the query asks for."""
        for heavy in self._unread():
            setattr(row, heavy.column, heavy.empty())  # or it would be read, row by row
        whole = represent(row)
        names = self.validated_data["fields"]
        return whole if names is None else {name: whole[name] for name in names}

    def _unread(self) -> list[Heavy]:
        names = self.validated_data["fields"]
        if names is None:
            return []
        return [heavy for member, heavy in self.heavy.items() if member not in names]
