"""The errors of a statement while PostgreSQL is away, restarting, or read-only after a failover."""

import re

from django.db import InterfaceError, InternalError, OperationalError

DATABASE_ERRORS = (OperationalError, InterfaceError, InternalError)

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
