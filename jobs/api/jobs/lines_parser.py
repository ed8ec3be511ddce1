"""Reads `application/x-ndjson`: each line is a job, and a wrong one is no fault of the others."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser

from jobs.api.jobs.bulk_parser import BulkJSONParser
from jobs.api.shared.parser import StorableJSONParser

MEDIA_TYPE = "application/x-ndjson"


class LineTooLong(APIException):
    """413: a line of a stream is longer than the body of a single job may be."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "line_too_long"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The line has more than {limit_bytes} bytes.")


class LinesParser(BaseParser):
    """The member `lines`: the value of each line, or the error that says why there is none.

    Blank lines are left out. The server hands over long bodies in slices of whole lines.
    """

    media_type = MEDIA_TYPE

    def __init__(self) -> None:
        self._line = StorableJSONParser()
        self._whole = BulkJSONParser()

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The values of the lines; raises `RequestDataTooBig` if they are too many."""
        body = self._whole.read(stream, parser_context)
        lines = body.split(b"\n")
        return {"lines": [self._value(line) for line in lines if line and not line.isspace()]}

    def _value(self, line: bytes) -> Any:
        try:
            if len(line) > self._line.body_max_bytes:
                return LineTooLong(self._line.body_max_bytes)
            return self._line.value_of(line)
        except APIException as error:
            return error
