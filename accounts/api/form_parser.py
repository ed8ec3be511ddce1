"""Client credentials arrive as a small form (RFC 6749, section 4.4.2)."""

from collections.abc import Mapping
from typing import IO, Any
from urllib.parse import parse_qsl

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from accounts.api.parser import read_small_body

# A token call has four; more are ignored, as the RFC asks for, up to this many.
PARAMETERS_MAX = 50


class CredentialsFormParser(BaseParser):
    """A form in UTF-8. A parameter without a value counts as left out; none may come twice."""

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, str]:
        """The parameters; raises `RequestDataTooBig` or `ParseError`."""
        body = read_small_body(stream, parser_context)
        try:
            pairs = parse_qsl(
                body.decode(),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=PARAMETERS_MAX,
            )
        except ValueError as error:
            raise ParseError(f"The body is no form in UTF-8: {error}.") from None
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ParseError("A parameter is given twice.")
        return {name: value for name, value in found.items() if value}
