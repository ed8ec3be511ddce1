"""Credentials arrive as a small JSON body."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

BODY_MAX_BYTES = 16 * 1024  # a token has a few hundred bytes; nothing here is longer


class CredentialsParser(BaseParser):
    """Strict JSON of at most BODY_MAX_BYTES: these paths are open to everyone."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The parsed body; raises `RequestDataTooBig` or `ParseError`."""
        body = read_small_body(stream, parser_context)
        try:
            return json.loads(
                body.decode(), parse_constant=_refuse_number, object_pairs_hook=_object
            )
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"The body is not JSON in UTF-8: {error}.") from None


def read_small_body(stream: IO[Any], parser_context: Mapping[str, Any] | None) -> bytes:
    """The body; raises `RequestDataTooBig` if it has more than BODY_MAX_BYTES."""
    # Before anything is read: a server that has not taken the body yet need not.
    if _length(parser_context) > BODY_MAX_BYTES:
        raise RequestDataTooBig(f"The body has more than {BODY_MAX_BYTES} bytes.")
    body: bytes = stream.read(BODY_MAX_BYTES + 1)
    if len(body) > BODY_MAX_BYTES:
        raise RequestDataTooBig(f"The body has more than {BODY_MAX_BYTES} bytes.")
    return body


def _length(parser_context: Mapping[str, Any] | None) -> int:
    request = (parser_context or {}).get("request")
    return int(request.META.get("CONTENT_LENGTH") or 0) if request is not None else 0


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; of a member that is given twice, one value would be dropped without a word."""
    made = dict(members)
    if len(made) != len(members):
        raise ParseError("A member is given twice in one object.")
    return made


def _refuse_number(text: str) -> NoReturn:
    raise ParseError(f"{text} is no number in JSON.")
