"""The errors of a statement while PostgreSQL is away, restarting, or read-only after a failover."""

import re

import psycopg
from django.db import Error, InterfaceError, InternalError, OperationalError

from jobs.core.outage import first_line
from jobs.sql.statements import fetch_rows

DATABASE_ERRORS = (OperationalError, InterfaceError, InternalError)

# SQLSTATE of a write in a transaction that may only read.
_READ_ONLY = "25006"


def is_refused_write(error: BaseException) -> bool:
    """Whether a write was refused because its transaction, or the whole server, is read-only."""
    return (
        isinstance(error, InternalError) and getattr(error.__cause__, "sqlstate", "") == _READ_ONLY
    )


def is_on_standby(error: BaseException) -> bool:
    """Whether `error` says that the session of this thread is on a server that takes no writes.

    That is a standby, or the primary of yesterday: another session may write. Asks the server, as
    a transaction may be read-only because somebody said so. To be called after that transaction.
    """
    if not is_refused_write(error):
        return False
    try:
        [(is_read_only,)] = fetch_rows("SHOW transaction_read_only")
    except Error:
        return False  # the connection is broken, which is dealt with elsewhere
    return bool(is_read_only == "on")


# What libpq says where TLS of the two sides does not fit, and what to do about it.
_TLS_ADVICE = {
    r"certificate verify failed": "the certificate of the server is not valid now, or not signed "
    "by the authority that is trusted: name the file of its authority with sslrootcert",
    r"does not match host name": "the certificate of the server is for another name: connect by a "
    "name that it has",
    r"does not support SSL": "the server answers without TLS, which sslmode asks for: switch it on "
    "there, or change sslmode",
    r"valid client certificate|certificate required": "the server asks for a certificate of the "
    "client: name it with sslcert and sslkey",
    r"root certificate file .* does not exist": "sslmode asks for an authority to trust: name its "
    "file with sslrootcert",
    r"no encryption|SSL off": "the server takes connections by TLS alone: add sslmode=verify-full, "
    "and sslrootcert with the file of its authority",
}


def tls_refusal(error: Exception) -> str:
    """One sentence where PostgreSQL cannot be reached because of TLS; empty for other errors.

    Waiting does not help then: somebody has to change DATABASE_URL, or the server.
    """
    for line in str(error).splitlines():
        for said, advice in _TLS_ADVICE.items():
            if re.search(said, line):
                return f"PostgreSQL: {advice} in DATABASE_URL ({line.strip()})."
    return ""


def no_connection(error: Exception) -> str:
    """One sentence where a session cannot begin, or is gone; empty for errors of statements.

    What the server says about a statement has an SQLSTATE; what libpq says has none.
    """
    cause = error.__cause__
    if not isinstance(cause, psycopg.OperationalError) or cause.sqlstate is not None:
        return ""
    return f"PostgreSQL is not reachable: {first_line(error)}"


def failure_sentence(error: Exception) -> str:
    """One sentence for people whose command PostgreSQL did not do: whatever command it is."""
    said = tls_refusal(error) or no_connection(error)
    return said or f"PostgreSQL did not do it: {first_line(error)}"
