"""What the calls of this app take: JSON as it is written, and nothing that they do not know.

The app `jobs` has the same rules (`jobs/services/enqueue/strict_payload.py`); neither app knows the
other.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any, TypeVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

Thing = TypeVar("Thing")

# Errors that one refusal names.
UNKNOWN_NAMED_MAX = 20


def refuse_unknown(given: Iterable[str], known: Iterable[str] = ()) -> None:
    """Raises `ValidationError` for each name that is not known."""
    unknown = list(islice((name for name in given if name not in known), UNKNOWN_NAMED_MAX))
    if unknown:
        sentence = f"Unknown; known are: {', '.join(known) or 'none'}."
        raise ValidationError(
            {name: [ErrorDetail(sentence, code="unknown_field")] for name in unknown}
        )


class StrictInput(serializers.Serializer[Thing]):
    """Refuses members that it does not know."""

    default_error_messages = {"invalid": "Give a JSON object."}
    refuses_unknown = True  # for its JSON Schema

    def to_internal_value(self, data: Any) -> Any:
        """The validated fields."""
        if isinstance(data, dict):
            refuse_unknown(data, self.fields)
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """A text; no number."""

    def to_internal_value(self, data: Any) -> str:
        """The text, trimmed or not as DRF does."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class EmailField(TextField, serializers.EmailField):
    """A mail address."""


class StrictCallMixin:
    """For views: no call of this app takes query parameters."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """As DRF's, and then refuses them."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if hasattr(self, str(request.method).lower()):  # another method is a 405
            refuse_unknown(request.query_params)
