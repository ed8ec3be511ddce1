"""The base of every body and query string: unknown members are refused."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

_UNKNOWN_NAMED_MAX = 20


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses what it does not know: a misspelled option must not be ignored in silence."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The validated fields; errors of unknown and of known ones are reported together."""
        errors = self._unknown(data) if isinstance(data, dict) else {}
        try:
            values: dict[str, Any] = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not errors or not isinstance(error.detail, dict):
                raise
            raise serializers.ValidationError({**errors, **error.detail}) from None
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def _unknown(self, data: dict[str, Any]) -> dict[str, list[ErrorDetail]]:
        known = ", ".join(self.fields)
        unknown = [name for name in data if name not in self.fields][:_UNKNOWN_NAMED_MAX]
        detail = ErrorDetail(f"Unknown; known are: {known}.", code="unknown_field")
        return {name: [detail] for name in unknown}
