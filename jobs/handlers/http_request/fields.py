"""Serializer fields of `http_request`. No value that they accept can bend the call that is sent."""

import re
from collections.abc import Iterator
from typing import Any

from rest_framework import serializers

from jobs.core.conf import jobs_conf
from jobs.core.http_hosts import URL_MAX
from jobs.handlers.http_request.target import TargetRefused, allowed_target

HEADERS_MAX = 50
HEADER_VALUE_MAX = 4_096  # characters
HEADERS_LENGTH_MAX = 16_384  # characters, names and values of one field together

# A token of RFC 9110, 5.6.2.
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}")
# Visible ASCII and spaces within: line breaks would begin another header.
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")

# They say how the call is framed and where it goes, which is not for the payload to say.
_RESERVED = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "forwarded",
    }
)
_RESERVED_BEGINNINGS = ("webhook-", "proxy-", "x-forwarded-")
_SECRET = frozenset({"authorization", "cookie"})
_SECRET_PARTS = ("api-key", "apikey", "auth-token", "access-token", "password", "secret")


class UrlField(serializers.CharField):
    """A URL of a host that the settings allow."""

    json_schema = {"type": "string", "format": "uri", "minLength": 8, "maxLength": URL_MAX}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """The URL as it was given."""
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            allowed_target(data, jobs_conf())
        except TargetRefused as error:
            raise serializers.ValidationError(str(error), code="url_refused") from None
        return data


class HeadersField(serializers.Field[Any, Any, Any, Any]):
    """An object of header names and values; `is_secret` says whether they are masked."""

    json_schema = {
        "type": "object",
        "maxProperties": HEADERS_MAX,
        "propertyNames": {"pattern": f"^{_NAME.pattern}$"},
        "additionalProperties": {
            "type": "string",
            "maxLength": HEADER_VALUE_MAX,
            "pattern": f"^{_VALUE.pattern}$",
        },
    }

    def __init__(self, *, is_secret: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._is_secret = is_secret

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """The headers as they were given."""
        if not isinstance(data, dict):
            raise serializers.ValidationError('Give an object: {"X-Name": "value"}.')
        if len(data) > HEADERS_MAX:
            raise serializers.ValidationError(f"Give at most {HEADERS_MAX} headers.")
        if fault := next(self._faults(data), None):
            raise serializers.ValidationError(fault, code="header_refused")
        if sum(len(name) + len(value) for name, value in data.items()) > HEADERS_LENGTH_MAX:
            raise serializers.ValidationError(
                f"All headers together have at most {HEADERS_LENGTH_MAX} characters."
            )
        if len({name.lower() for name in data}) < len(data):
            raise serializers.ValidationError("Give each header once.")
        return dict(data)

    def to_representation(self, value: Any) -> Any:
        return value

    def _faults(self, data: dict[Any, Any]) -> Iterator[str]:
        """What is wrong with the headers. A value is never quoted: it may be secret."""
        for name, value in data.items():
            lowered = str(name).lower()
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                yield "A header's name has letters, digits and '-', 100 at most."
            elif lowered in _RESERVED or lowered.startswith(_RESERVED_BEGINNINGS):
                yield f"{name} is set by the server, or not sent; leave it out."
            elif not self._is_secret and _is_secret(lowered):
                yield f"{name} carries a secret: put it into secret_headers, which are masked."
            elif not isinstance(value, str) or not _VALUE.fullmatch(value):
                yield f"The value of {name} must be a text of visible ASCII characters."
            elif len(value) > HEADER_VALUE_MAX:
                yield f"The value of {name} has more than {HEADER_VALUE_MAX} characters."


def _is_secret(lowered: str) -> bool:
    return lowered in _SECRET or any(part in lowered for part in _SECRET_PARTS)
