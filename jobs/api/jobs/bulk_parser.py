"""Reads the body of `POST /addJobs`."""

from typing import Any

from jobs.api.shared.parser import StorableJSONParser
from jobs.api.shared.storable_text import UnstorableText, refuse_unstorable_text

# A thousand jobs of 8 KB. While it is read and parsed, a process needs ten times as much memory.
_BULK_BODY_BYTES = 8 * 1024 * 1024

# A thousand jobs of 250 values.
_BULK_VALUES_MAX = 250_000


class BulkJSONParser(StorableJSONParser):
    """The same for many jobs: an item with unstorable text is no fault of the others.

    Such an item is replaced by the `UnstorableText` that says what is wrong with it.
    """

    @property
    def body_max_bytes(self) -> int:
        """The largest body that is read: at least what the largest single job needs."""
        return max(_BULK_BODY_BYTES, super().body_max_bytes)

    @property
    def values_max(self) -> int:
        """How many values all jobs of a body may hold together."""
        return _BULK_VALUES_MAX

    def without_unstorable_text(self, value: Any) -> Any:
        """The value with the items replaced; raises `UnstorableText` for text beside them."""
        items = value.get("jobs") if isinstance(value, dict) else None
        if not isinstance(items, list):
            return super().without_unstorable_text(value)
        refuse_unstorable_text({**value, "jobs": None})
        return {**value, "jobs": [_item_or_error(item) for item in items]}


def _item_or_error(item: Any) -> Any:
    try:
        refuse_unstorable_text(item)
    except UnstorableText as error:
        return error
    return item
