"""Which pages of other origins may call the API from a browser: none, unless a variable names them.

Callers are known by the token that they send, never by a cookie, so that a page can do no more than
a program which has the token: any origin may be allowed, and cookies are never asked for.
"""

import re
from typing import Any

from corsheaders.conf import conf
from django.conf import settings

from scheduler.variables import Variables, refused

ANY_ORIGIN = "*"

_HOST = r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]"
_ORIGIN = re.compile(rf"(https?)://({_HOST})(?::(?P<port>[0-9]{{1,5}}))?")
_DEFAULT_PORTS = {"http": "80", "https": "443"}

MIDDLEWARE = "corsheaders.middleware.CorsMiddleware"

# In seconds. Browsers keep the answer to a preflight for two hours at most.
PREFLIGHT_SECONDS = 7_200

SETTINGS: dict[str, Any] = {
    "CORS_URLS_REGEX": r"^/(?!admin/)",
    "CORS_ALLOW_CREDENTIALS": False,
    "CORS_ALLOW_METHODS": ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
    "CORS_ALLOW_HEADERS": (
        "accept",
        "authorization",
        "cache-control",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "jobs-cell",
        "last-event-id",
        "traceparent",
        "tracestate",
        "x-request-id",
    ),
    "CORS_EXPOSE_HEADERS": (
        "Allow",
        "Deprecation",
        "ETag",
        "Idempotency-Replayed",
        "Jobs-Cell",
        "Link",
        "Location",
        "RateLimit",
        "RateLimit-Policy",
        "Retry-After",
        "WWW-Authenticate",
        "X-Request-ID",
        "traceparent",
    ),
    "CORS_PREFLIGHT_MAX_AGE": PREFLIGHT_SECONDS,
}


def cors_origins(variables: Variables) -> list[str]:
    """The origins that CORS_ALLOWED_ORIGINS names; raises ImproperlyConfigured for any other text.

    `*` alone is every origin.
    """
    origins = variables.names("CORS_ALLOWED_ORIGINS", [])
    if origins == [ANY_ORIGIN]:
        return origins
    for origin in origins:
        if not _is_origin(origin):
            raise refused(
                "CORS_ALLOWED_ORIGINS",
                origin,
                "name origins as browsers send them, such as https://app.example.com, divided by "
                "commas (in lower case, without path and default port), or * alone for all",
            )
    return origins


def cors_settings(origins: list[str]) -> dict[str, object]:
    """The settings of the middleware."""
    if origins == [ANY_ORIGIN]:
        return {**SETTINGS, "CORS_ALLOW_ALL_ORIGINS": True}
    return {**SETTINGS, "CORS_ALLOWED_ORIGINS": origins}


def cors_fields(path: str, origin: str) -> dict[str, str]:
    """The header fields of an answer that does not come from Django, as the middleware sets them.

    `origin`: what the request says; empty where it is not known, and where it says none.
    """
    if cors_is_closed() or re.match(SETTINGS["CORS_URLS_REGEX"], path) is None:
        return {}
    fields = {"Vary": "origin"}
    if conf.CORS_ALLOW_ALL_ORIGINS:
        fields["Access-Control-Allow-Origin"] = ANY_ORIGIN
    elif origin in conf.CORS_ALLOWED_ORIGINS:
        fields["Access-Control-Allow-Origin"] = origin
    else:
        return fields
    fields["Access-Control-Expose-Headers"] = ", ".join(SETTINGS["CORS_EXPOSE_HEADERS"])
    return fields


def cors_is_closed() -> bool:
    """Whether no origin is allowed: then no answer says anything about origins."""
    return MIDDLEWARE not in settings.MIDDLEWARE


def _is_origin(text: str) -> bool:
    found = _ORIGIN.fullmatch(text)
    if found is None:
        return False
    port = found["port"]
    if port is None:
        return True
    return port != _DEFAULT_PORTS[found[1]] and 0 < int(port) < 65_536 and port[0] != "0"
