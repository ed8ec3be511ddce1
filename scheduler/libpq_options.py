"""Options of libpq in DATABASE_URL: those that it would refuse at every connection, at the start.

Such a refusal looks like an outage, and nobody would learn that it never ends.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_address

from django.core.exceptions import ImproperlyConfigured

_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)

# libpq looks at every option before it connects. With a socket there, it goes no further.
_NOWHERE = "/nowhere"
# Where it would connect to, or for what a socket is no server.
_NOT_ASKED = ("host", "hostaddr", "gssencmode")

_GSS_MODES = ("disable", "prefer", "require")

# What would make each statement fail: any text is stored, and no session is one for replication.
_ENCODINGS = ("utf8", "utf-8", "unicode")
_NEVER = "replication"


def check_libpq_options(name: str, options: Mapping[str, str], host: str) -> None:
    """Raises ImproperlyConfigured with a sentence that shows no value.

    `name`: of the variable. `host`: of one server, or of several, divided by commas.
    """
    _check_each(name, options)
    asked = {one: value for one, value in options.items() if one not in _NOT_ASKED}
    hosts = options.get("host") or options.get("hostaddr") or host
    if not _is_refused(asked, hosts):
        return
    # Of two that do not fit together it is the first.
    without = ({other: asked[other] for other in asked if other != one} for one in asked)
    to_blame = (
        one for one, rest in zip(asked, without, strict=True) if not _is_refused(rest, hosts)
    )
    if (option := next(to_blame, None)) is None:
        raise ImproperlyConfigured(
            f"{name} cannot be used with the variables of the environment that PostgreSQL's client "
            "reads, such as PGSSLMODE; look at those that begin with PG."
        )
    raise ImproperlyConfigured(
        f"{name} has the option {option!r} with a value that PostgreSQL's client does not take; "
        "its documentation of connection strings has the values."
    )


def _check_each(name: str, options: Mapping[str, str]) -> None:
    # Imported here: reading the environment takes no database.
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
    if options.get("client_encoding", _ENCODINGS[0]).lower() not in _ENCODINGS:
        raise ImproperlyConfigured(f"{name} has the option 'client_encoding'; make it UTF8.")
    if _NEVER in options:
        raise ImproperlyConfigured(f"{name} has the option {_NEVER!r}; leave it out.")
    for address in options.get("hostaddr", "").split(","):
        if address and not _is_address(address):
            raise ImproperlyConfigured(f"{name} has the option 'hostaddr'; make it IP addresses.")
    if options.get("gssencmode", _GSS_MODES[0]) not in _GSS_MODES:
        raise ImproperlyConfigured(
            f"{name} has the option 'gssencmode', which is none of {', '.join(_GSS_MODES)}."
        )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_refused(options: Mapping[str, str], hosts: str) -> bool:
    """Whether libpq has not come as far as to look for a server."""
    from psycopg.conninfo import make_conninfo
    from psycopg.pq import PGconn

    nowhere = ",".join([_NOWHERE] * (hosts.count(",") + 1))
    # Empty, as libpq would else ask the environment.
    own = {"host": nowhere, "hostaddr": "", "gssencmode": _GSS_MODES[0], "dbname": "none"}
    connection = PGconn.connect_start(make_conninfo(**{**options, **own}).encode())
    try:
        return _NOWHERE.encode() not in connection.error_message
    finally:
        connection.finish()
