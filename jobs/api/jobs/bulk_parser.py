"""Reads the body of `POST /addJobs`."""

from typing import Any

from rest_framework.exceptions import APIException, ParseError

from jobs.api.shared.parser import StorableJSONParser
from jobs.api.shared.storable_text import refuse_unstorable_text
from jobs.api.shared.strict_json import TooManyValues, fault_in, json_with_faults

# A thousand jobs of 8 KB. While it is read and parsed, a process needs ten times as much memory.
_BULK_BODY_BYTES = 8 * 1024 * 1024

# A thousand jobs of 250 values.
_BULK_VALUES_MAX = 250_000


class BulkJSONParser(StorableJSONParser):
    """The same for many jobs: an item that cannot be read or stored is no fault of the others.

    Such an item, with a member that is given twice, for example, is replaced by the error that says
    what is wrong with it.
    """

    @property
    def body_max_bytes(self) -> int:
        """The largest body that is read: at least what the largest single job needs."""
        return max(_BULK_BODY_BYTES, super().body_max_bytes)

    @property
    def values_max(self) -> int:
        """How many values all jobs of a body may hold together."""
        return _BULK_VALUES_MAX

    def value_of(self, body: bytes) -> Any:
        """The value with the wrong items replaced; raises the errors of what is beside them."""
        try:
            return super().value_of(body)
        except TooManyValues:
            raise
        except ParseError as error:
            return self._value_with_faults(body, error)

    def without_unstorable_text(self, value: Any) -> Any:
        """The value with the items replaced; raises `UnstorableText` for text beside them."""
        items = _items(value)
        if items is None:
            return super().without_unstorable_text(value)
        refuse_unstorable_text({**value, "jobs": None})
        return {**value, "jobs": [_item_or_error(item) for item in items]}

    def _value_with_faults(self, body: bytes, error: ParseError) -> Any:
        """Reads it again: a body without a mistake pays nothing for this. May raise `error`."""
        value = json_with_faults(body)
        items = _items(value)
        if items is None or fault_in({**value, "jobs": None}):
            raise error
        kept = [fault_in(item) or item for item in items]
        return self.without_unstorable_text({**value, "jobs": kept})


def _items(value: Any) -> list[Any] | None:
    items = value.get("jobs") if isinstance(value, dict) else None
    return items if isinstance(items, list) else None


def _item_or_error(item: Any) -> Any:
    try:
        refuse_unstorable_text(item)
    except APIException as error:
        return error
    return item
