"""The URLs of servers, taken apart; those of Redis and the mail server checked.

They contain passwords: no error here shows a part of one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote

from django.core.exceptions import ImproperlyConfigured

from scheduler.server_tls import REDIS_TLS_OPTIONS, check_redis_tls
from scheduler.variables import Variables

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
_CLIENT_NAME = re.compile(r"[!-~]*", re.ASCII)
_DATABASE_NUMBER = re.compile(r"[0-9]{1,5}", re.ASCII)


@dataclass(frozen=True)
class ServerUrl:
    """A URL whose parts are decoded. `hosts`: names and ports, where the port may be missing."""

    scheme: str
    user: str
    password: str = field(repr=False)
    hosts: list[tuple[str, int | None]]
    path: str
    options: Mapping[str, str]


def redis_url(variables: Variables) -> str:
    """REDIS_URL, once it is known that the client understands it; raises ImproperlyConfigured."""
    name = "REDIS_URL"
    url = required_url(variables, name, _REDIS_SCHEMES, REDIS_EXAMPLE)
    allowed, number = _REDIS_OPTIONS, url.path or "0"
    if url.scheme == "unix":
        allowed = _REDIS_OPTIONS | {"db"}
        if not url.path or url.hosts:
            raise refused_url(name, "must name the socket", "unix://:password@/run/redis.sock?db=0")
        number = url.options.get("db", "0")
    elif url.scheme.endswith("+sentinel"):
        allowed = _REDIS_OPTIONS | {"sentinel_username", "sentinel_password"}
        service, _, number = url.path.partition("/")
        number = number or "0"
        if not url.hosts or not service:
            must = "must name the Sentinels and, behind them, what they call the primary"
            raise refused_url(name, must, SENTINEL_EXAMPLE)
    elif url.scheme.endswith("+cluster"):
        if not url.hosts or number != "0":
            must = "must name nodes of the cluster, and no other database than 0"
            raise refused_url(name, must, CLUSTER_EXAMPLE)
    elif len(url.hosts) != 1:
        raise refused_url(name, "must name one host", REDIS_EXAMPLE)
    if not _DATABASE_NUMBER.fullmatch(number):
        raise refused_url(name, "must end with the number of the database", REDIS_EXAMPLE)
    if unknown := sorted(url.options.keys() - allowed):
        raise ImproperlyConfigured(
            f"{name} has the option {unknown[0][:40]!r}; known are {', '.join(sorted(allowed))}."
        )
    _check_redis_options(name, url.options)
    check_redis_tls(name, url.scheme, url.options)
    # The client uses urlparse, which fails for some characters in a password.
    before, at, after = variables.text(name).removeprefix(f"{url.scheme}://").rpartition("@")
    return f"{url.scheme}://{quote(before, safe=_UNQUOTED)}{at}{after}"


def _check_redis_options(name: str, options: Mapping[str, str]) -> None:
    """With another value the client, or Redis, refuses every connection."""
    if not _DATABASE_NUMBER.fullmatch(options.get("health_check_interval", "0")):
        raise ImproperlyConfigured(
            f"{name} has the option 'health_check_interval'; make it a number."
        )
    if options.get("protocol", "2") not in ("2", "3"):
        raise ImproperlyConfigured(f"{name} has the option 'protocol'; make it 2 or 3.")
    if not _CLIENT_NAME.fullmatch(options.get("client_name", "")):
        raise ImproperlyConfigured(
            f"{name} has the option 'client_name'; make it visible ASCII characters, no spaces."
        )


def mail_url(variables: Variables) -> ServerUrl:
    """EMAIL_URL, by default the catcher of a developer; raises ImproperlyConfigured."""
    name = "EMAIL_URL"
    text = variables.text(name, "smtp://127.0.0.1:1025")
    url = _parsed(name, text, tuple(MAIL_BACKENDS), MAIL_EXAMPLE)
    if url.options:
        raise refused_url(name, "must have no query", MAIL_EXAMPLE)
    if MAIL_BACKENDS[url.scheme] == "smtp" and (len(url.hosts) != 1 or url.path.strip("/")):
        raise refused_url(name, "must name a host and nothing behind it", MAIL_EXAMPLE)
    if url.scheme == "filemail" and not url.path.strip("/"):
        raise refused_url(name, "must name a directory", "filemail:///tmp/mails")
    return url


def required_url(
    variables: Variables, name: str, schemes: tuple[str, ...], example: str
) -> ServerUrl:
    """A variable taken apart; raises ImproperlyConfigured if it is not set, or cannot be read."""
    text = variables.text(name)
    if not text:
        raise ImproperlyConfigured(f"{name} is not set; set it, for example to {example}.")
    return _parsed(name, text, schemes, example)


def _parsed(name: str, text: str, schemes: tuple[str, ...], example: str) -> ServerUrl:
    scheme, separator, rest = text.partition("://")
    if scheme not in schemes or not separator:
        words = ", ".join(f"{one}://" for one in schemes)
        raise refused_url(name, f"must begin with one of {words}", example)
    if any(not one.isprintable() or one.isspace() for one in text):
        raise refused_url(name, "must have no spaces and no control characters", example)
    authority, path, query = _divided(rest)
    if "@" in path + query or "#" in rest:
        # With the password cut off there, what follows would be taken for a path.
        raise refused_url(
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
        raise refused_url(name, "must name its host, without special characters", example)
    if ":" in text and host != text and not (_PORT.fullmatch(port) and 0 < int(port) < 65_536):
        raise refused_url(name, "must have a port from 1 to 65535", example)
    # The zone of an address: `%eth0`, or `%25eth0` as RFC 6874 has it in a URL.
    return host.strip("[]").replace("%25", "%"), int(port) if port else None


def _options(name: str, query: str, example: str) -> dict[str, str]:
    if not query:
        return {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        must = "must have a query of the form ?name=value&name=value"
        raise refused_url(name, must, example) from None
    if len(dict(pairs)) < len(pairs):
        raise refused_url(name, "must have each option once", example)
    return dict(pairs)


def _decoded(name: str, text: str) -> str:
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        decoded = "\0"
    if "\0" in decoded:
        raise refused_url(name, "must have %-codes of UTF-8 characters other than NUL", "")
    return decoded


def refused_url(name: str, must: str, example: str) -> ImproperlyConfigured:
    """The error about a URL, which shows no part of it."""
    return ImproperlyConfigured(f"{name} {must}{example and f', for example {example}'}.")
