"""Fields that are stricter than DRF's own."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers


class JSONObjectField(serializers.Field[dict[str, Any], Any, Any, Any]):
    """A JSON object, handed on as it is: the job type looks into it."""

    default_error_messages = {"not_an_object": "Give a JSON object."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The object itself."""
        if not isinstance(data, dict):
            self.fail("not_an_object")
        return data

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        """The object itself."""
        return value


class MomentField(serializers.DateTimeField):
    """An ISO 8601 time that names its time zone: guessing one runs jobs hours early or late."""

    default_error_messages = {
        "no_time_zone": "Name the time zone, as in 2030-01-31T09:00:00Z or …T09:00:00+01:00."
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        """The same moment in the project's time zone; naive times are refused."""
        if timezone.is_naive(value):
            self.fail("no_time_zone")
        return super().enforce_timezone(value)


class SecondsField(serializers.FloatField):
    """A JSON number of seconds; texts and booleans are not numbers."""

    def to_internal_value(self, data: Any) -> float:
        """The number as a float."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)
