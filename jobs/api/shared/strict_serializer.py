"""The base of every body and query string: unknown members are refused."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

from rest_framework import serializers
from rest_framework.fields import empty

from jobs.services.enqueue.strict_payload import unknown_members


class _QuickField(NamedTuple):
    source: str
    allows_null: bool
    accepts_unchanged: Callable[[Any], bool]


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses members that it does not know: a misspelled option must not go unnoticed."""

    default_error_messages = {"invalid": "Give a JSON object."}
    refuses_unknown = True  # for its JSON Schema

    def validated(self, data: Any) -> dict[str, Any]:
        """The valid values of `data`, by the sources of their fields; raises `ValidationError`.

        Keeps nothing of `data`, unlike `is_valid`: one serializer serves every call and thread.
        """
        values = self.unchanged(data)
        return dict(self.run_validation(data)) if values is None else self.validate(values)

    def unchanged(self, data: Any) -> dict[str, Any] | None:
        """The values, if each field accepts its own unchanged; None says nothing about `data`.

        DRF takes fifteen times as long for the same answer, which would cost `POST /addJobs` a
        quarter of its jobs a second.
        """
        if type(data) is not dict or not self._needed <= data.keys():
            return None
        values = {}
        for name, value in data.items():
            field = self._quick_fields.get(name)
            if field is None:
                return None
            if not (field.allows_null if value is None else field.accepts_unchanged(value)):
                return None
            values[field.source] = value
        return values

    @cached_property
    def _quick_fields(self) -> dict[str, _QuickField]:
        """The fields whose rules are all known to their `accepts_unchanged`."""
        return {
            name: _QuickField(str(field.source), field.allow_null, field.accepts_unchanged)
            for name, field in self.fields.items()
            if hasattr(field, "accepts_unchanged") and not hasattr(self, f"validate_{name}")
        }

    @cached_property
    def _needed(self) -> set[str]:
        """The fields whose absence only DRF deals with: by an error, or by a default."""
        return {
            name
            for name, field in self.fields.items()
            if field.required or field.default is not empty
        }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The validated fields; errors of unknown and of known ones are reported together."""
        errors = unknown_members(data, self.fields) if isinstance(data, dict) else {}
        try:
            values: dict[str, Any] = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not errors or not isinstance(error.detail, dict):
                raise
            raise serializers.ValidationError({**errors, **error.detail}) from None
        if errors:
            raise serializers.ValidationError(errors)
        return values
