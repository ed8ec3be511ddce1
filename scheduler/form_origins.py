"""Origins of the admin's forms where a proxy ends HTTPS."""

import re

from scheduler.variables import Variables, is_url, refused

_ORIGIN = re.compile(
    r"https?://((\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?"
)


def form_origins(variables: Variables) -> list[str]:
    """What CSRF_TRUSTED_ORIGINS names; raises ImproperlyConfigured for what is no origin."""
    origins = variables.names("CSRF_TRUSTED_ORIGINS", [])
    for origin in origins:
        if not is_url(origin, _ORIGIN):  # Django takes it apart at every form that is sent
            raise refused(
                "CSRF_TRUSTED_ORIGINS",
                origin,
                "name origins such as https://jobs.example.com, divided by commas",
            )
    return origins
