"""Reads request bodies: strict JSON that PostgreSQL can store, up to a limit."""

from collections.abc import Mapping
from typing import IO, Any

from django.core.exceptions import RequestDataTooBig
from rest_framework.parsers import BaseParser

from jobs.api.shared.storable_text import may_hold_unstorable_text, refuse_unstorable_text
from jobs.api.shared.strict_json import parsed_json
from jobs.core.conf import jobs_conf

# The limit on a payload counts compact JSON. What is sent may be indented, or written with
# escapes that are three times as long as the UTF-8 they stand for.
_BODY_PER_PAYLOAD = 4
_BODY_ENVELOPE_BYTES = 16 * 1024

# Values that one body may hold. Parsing and validating so many takes up to 0.3 s.
_VALUES_MAX = 100_000


class StorableJSONParser(BaseParser):
    """Strict JSON in UTF-8 whose every value PostgreSQL can store."""

    media_type = "application/json"

    @property
    def body_max_bytes(self) -> int:
        """The largest body that is read."""
        return jobs_conf().payload_max_bytes * _BODY_PER_PAYLOAD + _BODY_ENVELOPE_BYTES

    @property
    def values_max(self) -> int:
        """How many values a body may hold, each member, item and container counted."""
        return _VALUES_MAX

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The parsed body; raises `RequestDataTooBig`, `ParseError` or `UnstorableText`."""
        return self.value_of(self.read(stream, parser_context))

    def read(self, stream: IO[Any], parser_context: Mapping[str, Any] | None) -> bytes:
        """The body; raises `RequestDataTooBig`."""
        return _read(stream, _length(parser_context), self.body_max_bytes)

    def value_of(self, body: bytes) -> Any:
        """The value of a body; raises `ParseError` or `UnstorableText`."""
        value = parsed_json(body, self.values_max)
        return self.without_unstorable_text(value) if may_hold_unstorable_text(body) else value

    def without_unstorable_text(self, value: Any) -> Any:
        """The value itself; raises `UnstorableText`."""
        refuse_unstorable_text(value)
        return value


def _length(parser_context: Mapping[str, Any] | None) -> int:
    request = (parser_context or {}).get("request")
    return int(request.META.get("CONTENT_LENGTH") or 0) if request is not None else 0


def _read(stream: IO[Any], length: int, limit: int) -> bytes:
    if length > limit:
        raise RequestDataTooBig(f"The body has {length} bytes; at most {limit} are read.")
    body: bytes = stream.read(length or limit)
    return body
