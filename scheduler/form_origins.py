"""Origins of the admin's forms where a proxy ends HTTPS."""

import re
from urllib.parse import urlsplit

from scheduler.variables import Variables, refused

_ORIGIN = re.compile(
    r"https?://((\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?"
)


def form_origins(variables: Variables) -> list[str]:
    """What CSRF_TRUSTED_ORIGINS names; raises ImproperlyConfigured for what is no origin."""
    origins = variables.names("CSRF_TRUSTED_ORIGINS", [])
    for origin in origins:
        if not _is_origin(origin):
            raise refused(
                "CSRF_TRUSTED_ORIGINS",
                origin,
                "name origins such as https://jobs.example.com, divided by commas",
            )
    return origins


def _is_origin(text: str) -> bool:
    """Whether Django can take it apart, which it does at every form that is sent."""
    try:
        return _ORIGIN.fullmatch(text) is not None and urlsplit(text).port != 0
    except ValueError:  # no address in the brackets, or no such port
        return False
