"""Conditional requests (RFC 9110, 13): pollers get a 304, and an edit is of what its client saw.

A weak ETag has two parts. The first is made of what only a change of the record changes; the second
of the rest that is shown, such as a place in a line or the next fire times. That of a poller must
match as a whole, that of an edit in its first part: it must not be refused because time went on.
"""

import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.core.conf import jobs_conf

Row = TypeVar("Row")

_TAG = re.compile(r'(?:W/)?"([!#-~]*)"')
_DIGITS = 16  # hexadecimal, of each part


class ETag(NamedTuple):
    """What a representation looks like."""

    record: str
    rest: str

    @property
    def text(self) -> str:
        """As it stands in a header."""
        return f'W/"{self.record}.{self.rest}"'


class PreconditionFailed(APIException):
    """412: the record has changed since the client saw it."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "precondition_failed"
    default_detail = "It has changed since this ETag. Get it again, and edit what it is now."


class PreconditionRequired(APIException):
    """428: the server wants to know what the client saw."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_code = "precondition_required"
    default_detail = "Send If-Match with the ETag of what you want to change, or *."


def etag_of(record: Mapping[str, Any], rest: Mapping[str, Any]) -> ETag:
    """The ETag of a representation; its members as they are shown."""
    return ETag(_digest(record), _digest(rest))


def answer_unless_known(request: Request, body: Mapping[str, Any], etag: ETag) -> Response:
    """200 with the body; 304 without it if the client says that it has it (`If-None-Match`)."""
    headers = {"ETag": etag.text}
    known = request.headers.get("If-None-Match", "")
    if known.strip() == "*" or f"{etag.record}.{etag.rest}" in _TAG.findall(known):
        return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers)


def precondition(
    request: Request, etag_of_row: Callable[[Row], ETag]
) -> Callable[[Row], None] | None:
    """What refuses to change a row that is not as the client saw it (`If-Match`).

    To be called with the row when it is locked. None if the client does not ask for it; raises
    PreconditionRequired where JOBS_IF_MATCH_REQUIRED says that it has to.
    """
    header = request.headers.get("If-Match")
    if header is None:
        if jobs_conf().if_match_required:
            raise PreconditionRequired
        return None
    seen = {tag.partition(".")[0] for tag in _TAG.findall(header)}

    def check(row: Row) -> None:
        if header.strip() != "*" and etag_of_row(row).record not in seen:
            raise PreconditionFailed

    return check


def _digest(members: Mapping[str, Any]) -> str:
    text = json.dumps(members, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(text.encode(errors="backslashreplace")).hexdigest()[:_DIGITS]
