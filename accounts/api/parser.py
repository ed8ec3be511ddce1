"""Credentials arrive as a small JSON body."""

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

BODY_MAX_BYTES = 16 * 1024  # a token has a few hundred bytes; nothing here is longer


class CredentialsParser(JSONParser):
    """JSON of at most BODY_MAX_BYTES: these paths are open to everyone."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The parsed body; raises `RequestDataTooBig` or `ParseError`."""
        body = stream.read(BODY_MAX_BYTES + 1)
        if len(body) > BODY_MAX_BYTES:
            raise RequestDataTooBig(f"The body has more than {BODY_MAX_BYTES} bytes.")
        try:
            return super().parse(BytesIO(body), media_type, parser_context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
