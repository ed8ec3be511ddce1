"""The query parameters that every list has."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from jobs.api.shared.fields import QueryNumberField, TextField
from jobs.api.shared.limits import QUEUE_MAX, TYPE_MAX
from jobs.api.shared.pages import CURSOR_MAX, LIMIT_DEFAULT, LIMIT_MAX, Cursor
from jobs.api.shared.strict_serializer import StrictSerializer


class PageQuery(StrictSerializer):
    """The query parameters that every list has."""

    limit = QueryNumberField(min_value=1, max_value=LIMIT_MAX, default=LIMIT_DEFAULT)
    cursor = TextField(max_length=CURSOR_MAX, default=None)
    type = TextField(max_length=TYPE_MAX, required=False)
    queue = TextField(max_length=QUEUE_MAX, required=False)

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
        """The rows that the query asks for."""
        asked = {name: self.validated_data.get(name) for name in ("type", "queue")}
        return rows.filter(**{name: value for name, value in asked.items() if value is not None})
