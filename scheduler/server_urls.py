"""The URLs of PostgreSQL, Redis and the mail server, taken apart.

They contain passwords: no error here shows a part of one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from django.core.exceptions import ImproperlyConfigured

from scheduler.server_tls import REDIS_TLS_OPTIONS, check_database_tls, check_redis_tls
from scheduler.variables import Variables

DATABASE_EXAMPLE = "postgres://user:password@host:5432/name"
REDIS_EXAMPLE = "redis://:password@host:6379/0"
SENTINEL_EXAMPLE = "redis+sentinel://:password@host1:26379,host2:26379,host3:26379/primary/0"
CLUSTER_EXAMPLE = "redis+cluster://:password@host1:6379,host2:6379"
MAIL_EXAMPLE = "smtp+tls://user:password@host:587"

MAIL_BACKENDS = {
    "smtp": "smtp",
    "smtp+tls": "smtp",
    "smtps": "smtp",  # STARTTLS, as in former versions
    "smtp+ssl": "smtp",
    "consolemail": "console",
    "filemail": "filebased",
    "memorymail": "locmem",
    "dummymail": "dummy",
}

_REDIS_SCHEMES = (
    *("redis", "rediss", "unix"),
    *("redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"),
)

# What may stand in the query of REDIS_URL. Time limits may not: ours belong together.
_REDIS_OPTIONS = {"client_name", "health_check_interval", "protocol"} | REDIS_TLS_OPTIONS

_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+(%[A-Za-z0-9._-]+)?\]")
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
_UNQUOTED = ":%!$&'()*+,;=~"
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)
_DATABASE_NUMBER = re.compile(r"[0-9]{1,5}", re.ASCII)


@dataclass(frozen=True)
class ServerUrl:
    """A URL whose parts are decoded. `hosts`: names and ports, where the port may be missing."""

    scheme: str
    user: str
    password: str
    hosts: list[tuple[str, int | None]]
    path: str
    options: Mapping[str, str]


def database_settings(variables: Variables) -> dict[str, Any]:
    """What DATABASE_URL says, as a member of Django's DATABASES; raises ImproperlyConfigured."""
    name = "DATABASE_URL"
    url = _required(variables, name, ("postgres", "postgresql"), DATABASE_EXAMPLE)
    directory, _, database = url.path.rpartition("/")
    if not database or (directory and url.hosts):
        raise _refused(name, "must end with the name of the database", DATABASE_EXAMPLE)
    options: dict[str, Any] = dict(url.options)
    settings: dict[str, Any] = {
        "NAME": database,
        "USER": url.user,
        "PASSWORD": url.password,
        "HOST": directory or ",".join(host for host, _ in url.hosts),
        "PORT": ",".join(str(port) for _, port in url.hosts if port is not None),
    }
    switch = "DISABLE_SERVER_SIDE_CURSORS"
    if (word := options.pop(switch, None)) is not None:
        settings[switch] = Variables({switch: word}).switch(switch, default=False)
    _check_libpq_options(name, options)
    check_database_tls(name, options)
    return settings | {"OPTIONS": options}


def redis_url(variables: Variables) -> str:
    """REDIS_URL, once it is known that the client understands it; raises ImproperlyConfigured."""
    name = "REDIS_URL"
    url = _required(variables, name, _REDIS_SCHEMES, REDIS_EXAMPLE)
    allowed, number = _REDIS_OPTIONS, url.path or "0"
    if url.scheme == "unix":
        allowed = _REDIS_OPTIONS | {"db"}
        if not url.path or url.hosts:
            raise _refused(name, "must name the socket", "unix://:password@/run/redis.sock?db=0")
        number = url.options.get("db", "0")
    elif url.scheme.endswith("+sentinel"):
        allowed = _REDIS_OPTIONS | {"sentinel_username", "sentinel_password"}
        service, _, number = url.path.partition("/")
        number = number or "0"
        if not url.hosts or not service:
            must = "must name the Sentinels and, behind them, what they call the primary"
            raise _refused(name, must, SENTINEL_EXAMPLE)
    elif url.scheme.endswith("+cluster"):
        if not url.hosts or number != "0":
            must = "must name nodes of the cluster, and no other database than 0"
            raise _refused(name, must, CLUSTER_EXAMPLE)
    elif len(url.hosts) != 1:
        raise _refused(name, "must name one host", REDIS_EXAMPLE)
    if not _DATABASE_NUMBER.fullmatch(number):
        raise _refused(name, "must end with the number of the database", REDIS_EXAMPLE)
    if unknown := sorted(url.options.keys() - allowed):
        raise ImproperlyConfigured(
            f"{name} has the option {unknown[0][:40]!r}; known are {', '.join(sorted(allowed))}."
        )
    for option in ("health_check_interval", "protocol"):
        if not _DATABASE_NUMBER.fullmatch(url.options.get(option, "2")):
            raise ImproperlyConfigured(f"{name} has the option {option!r}; make it a number.")
    check_redis_tls(name, url.scheme, url.options)
    # The client uses urlparse, which fails for some characters in a password.
    before, at, after = variables.text(name).removeprefix(f"{url.scheme}://").rpartition("@")
    return f"{url.scheme}://{quote(before, safe=_UNQUOTED)}{at}{after}"


def mail_url(variables: Variables) -> ServerUrl:
    """EMAIL_URL, by default the catcher of a developer; raises ImproperlyConfigured."""
    name = "EMAIL_URL"
    text = variables.text(name, "smtp://127.0.0.1:1025")
    url = _parsed(name, text, tuple(MAIL_BACKENDS), MAIL_EXAMPLE)
    if url.options:
        raise _refused(name, "must have no query", MAIL_EXAMPLE)
    if MAIL_BACKENDS[url.scheme] == "smtp" and (len(url.hosts) != 1 or url.path.strip("/")):
        raise _refused(name, "must name a host and nothing behind it", MAIL_EXAMPLE)
    if url.scheme == "filemail" and not url.path.strip("/"):
        raise _refused(name, "must name a directory", "filemail:///tmp/mails")
    return url


def _required(variables: Variables, name: str, schemes: tuple[str, ...], example: str) -> ServerUrl:
    text = variables.text(name)
    if not text:
        raise ImproperlyConfigured(f"{name} is not set; set it, for example to {example}.")
    return _parsed(name, text, schemes, example)


def _parsed(name: str, text: str, schemes: tuple[str, ...], example: str) -> ServerUrl:
    scheme, separator, rest = text.partition("://")
    if scheme not in schemes or not separator:
        words = ", ".join(f"{one}://" for one in schemes)
        raise _refused(name, f"must begin with one of {words}", example)
    if any(not one.isprintable() or one.isspace() for one in text):
        raise _refused(name, "must have no spaces and no control characters", example)
    authority, path, query = _divided(rest)
    if "@" in path + query or "#" in rest:
        # With the password cut off there, what follows would be taken for a path.
        raise _refused(
            name,
            "must have %2F, %3F, %23 and %40 for the characters / ? # @ in a user's name, a "
            "password or a path",
            example,
        )
    credentials, _, hosts = authority.rpartition("@")
    user, _, password = credentials.partition(":")
    return ServerUrl(
        scheme=scheme,
        user=_decoded(name, user),
        password=_decoded(name, password),
        hosts=[_host(name, one, example) for one in hosts.split(",")] if hosts else [],
        path=_decoded(name, path.removeprefix("/")),
        options=_options(name, query, example),
    )


def _divided(rest: str) -> tuple[str, str, str]:
    """Authority, path and query."""
    before_query, _, query = rest.partition("?")
    authority, slash, path = before_query.partition("/")
    return authority, slash + path, query


def _host(name: str, text: str, example: str) -> tuple[str, int | None]:
    if text.upper().startswith("%2F"):
        return _decoded(name, text), None  # the directory of a socket
    host, port = text, ""
    if not text.endswith("]") and ":" in text:
        host, _, port = text.rpartition(":")
    if not _HOST.fullmatch(host):
        raise _refused(name, "must name its host, without special characters", example)
    if ":" in text and host != text and not (_PORT.fullmatch(port) and 0 < int(port) < 65_536):
        raise _refused(name, "must have a port from 1 to 65535", example)
    return host.strip("[]"), int(port) if port else None


def _options(name: str, query: str, example: str) -> dict[str, str]:
    if not query:
        return {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        must = "must have a query of the form ?name=value&name=value"
        raise _refused(name, must, example) from None
    return dict(pairs)


def _check_libpq_options(name: str, options: Mapping[str, str]) -> None:
    # Here, because whoever reads the environment need not have a database.
    from psycopg.conninfo import make_conninfo
    from psycopg.errors import Error

    for option, value in options.items():
        try:
            make_conninfo(**{option: value})
        except (Error, TypeError, ValueError):
            raise ImproperlyConfigured(
                f"{name} has the option {option[:40]!r}, which PostgreSQL does not know."
            ) from None
        is_number = "timeout" in option or option.startswith("keepalives")
        if is_number and not _WHOLE.fullmatch(value):
            raise ImproperlyConfigured(f"{name} has the option {option!r}; make it a number.")


def _decoded(name: str, text: str) -> str:
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        decoded = "\0"
    if "\0" in decoded:
        raise _refused(name, "must have %-codes of UTF-8 characters other than NUL", "")
    return decoded


def _refused(name: str, must: str, example: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} {must}{example and f', for example {example}'}.")
