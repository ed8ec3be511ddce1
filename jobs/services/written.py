"""How times are written in answers, and in the bodies of calls."""

from datetime import datetime

from rest_framework.serializers import DateTimeField

_field = DateTimeField()


def written(moment: datetime) -> str:
    """ISO 8601 with the time zone, as DRF writes it."""
    return str(_field.to_representation(moment))


def written_or_none(moment: datetime | None) -> str | None:
    """The same, for what may not have happened yet."""
    return None if moment is None else written(moment)
