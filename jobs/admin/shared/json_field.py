"""JSON that staff write, as PostgreSQL stores it."""

import json
from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput


class StorableJSONField(forms.JSONField):
    """Django's, which says of everything that cannot be JSON in the database what is wrong."""

    def to_python(self, value: Any) -> Any:
        """The value; raises ValidationError."""
        try:
            parsed = super().to_python(value)
            text = json.dumps(parsed, ensure_ascii=False, allow_nan=False)
            text.encode()
        except (ValueError, RecursionError) as error:  # too long a number, half a surrogate pair
            raise forms.ValidationError(
                "Enter JSON without numbers that are too long, NaN, or half surrogate pairs, and "
                "not nested too deeply.",
                code="invalid",
            ) from error
        if "\\u0000" in text:
            raise forms.ValidationError(
                "Text must not contain the character U+0000.", code="invalid"
            )
        return parsed

    def prepare_value(self, value: Any) -> Any:
        """What the form shows: a line for each member, and nothing where nothing is said."""
        if value is None or isinstance(value, InvalidJSONInput):
            return value or ""
        return json.dumps(value, indent=2, ensure_ascii=False, cls=self.encoder)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What the form shows again: what is refused, as the person has written it."""
        try:
            self.to_python(data)
        except forms.ValidationError:
            return InvalidJSONInput(data)
        return super().bound_data(data, initial)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the person has changed it; what cannot be read has changed."""
        try:
            return super().has_changed(initial, data)
        except (ValueError, RecursionError):
            return True
