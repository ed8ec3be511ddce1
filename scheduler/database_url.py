"""DATABASE_URL, taken apart and checked. It contains a password: errors show no part of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from scheduler.libpq_options import check_libpq_options
from scheduler.server_tls import check_database_tls
from scheduler.server_urls import ServerUrl, refused_url, required_url
from scheduler.variables import Variables

DATABASE_EXAMPLE = "postgres://user:password@host:5432/name"
SEVERAL_DATABASES_EXAMPLE = (
    "postgres://user:password@host1:5432,host2:5432/name?target_session_attrs=read-write"
)

# Which of several servers a session may be on. Each call of the service writes: a standby is none.
_SESSION_ATTRIBUTES = ("read-write", "primary", "any")
_POSTGRES_PORT = 5432
# With several hosts each that is silent costs a new session so long. 2 is the driver's minimum.
_SECONDS_PER_HOST = "2"


def database_settings(variables: Variables) -> dict[str, Any]:
    """What DATABASE_URL says, as a member of Django's DATABASES; raises ImproperlyConfigured.

    Of several hosts the one that takes writes is used, unless the URL says otherwise.
    """
    name = "DATABASE_URL"
    url = required_url(variables, name, ("postgres", "postgresql"), DATABASE_EXAMPLE)
    directory, _, database = url.path.rpartition("/")
    if not database or (directory and url.hosts):
        raise refused_url(name, "must end with the name of the database", DATABASE_EXAMPLE)
    options: dict[str, Any] = dict(url.options)
    settings: dict[str, Any] = {
        "NAME": database,
        "USER": url.user,
        "PASSWORD": url.password,
        "HOST": directory or ",".join(host for host, _ in url.hosts),
        "PORT": _ports(url.hosts),
    }
    switch = "DISABLE_SERVER_SIDE_CURSORS"
    if (word := options.pop(switch, None)) is not None:
        settings[switch] = Variables({switch: word}).switch(switch, default=False)
    _check_once(name, url, database, options)
    check_database_tls(name, options)
    _check_session_attributes(name, options)
    check_libpq_options(name, options, settings["HOST"])
    if "," in settings["HOST"] or "," in options.get("host", "") + options.get("hostaddr", ""):
        options = {
            "target_session_attrs": _SESSION_ATTRIBUTES[0],
            "connect_timeout": _SECONDS_PER_HOST,
            **options,
        }
    return settings | {"OPTIONS": options}


def _ports(hosts: Sequence[tuple[str, int | None]]) -> str:
    """One for each host, as the driver would give a single one to all of them; or none."""
    if all(port is None for _, port in hosts):
        return ""
    return ",".join(str(port or _POSTGRES_PORT) for _, port in hosts)


def _check_once(name: str, url: ServerUrl, database: str, options: Mapping[str, str]) -> None:
    """What stands before the ? would be overruled without a word."""
    before = {"dbname": database, "user": url.user, "password": url.password}
    for option, value in before.items():
        if value and option in options:
            raise ImproperlyConfigured(
                f"{name} has the option {option!r}, which it has before the ? already; leave out "
                "the option."
            )


def _check_session_attributes(name: str, options: Mapping[str, str]) -> None:
    wanted = options.get("target_session_attrs", _SESSION_ATTRIBUTES[0])
    if wanted not in _SESSION_ATTRIBUTES:
        words = ", ".join(_SESSION_ATTRIBUTES)
        raise refused_url(
            name,
            f"must have one of {words} as target_session_attrs, because every call writes",
            SEVERAL_DATABASES_EXAMPLE,
        )
