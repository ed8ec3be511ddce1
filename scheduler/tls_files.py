"""Files of TLS that URLs name: there, readable, and fit for their purpose.

A variable may be wrong in a way that shows only once a server is asked. What can be seen before is
refused at the start. Every error is one sentence that names variable and option.
"""

import ssl
from datetime import UTC, datetime
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def check_authority(variable: str, option: str, path: str) -> None:
    """Raises ImproperlyConfigured unless the file has a certificate that has not expired."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise _refused(variable, option, path, "has no certificate (PEM) in it") from None
    except OSError as error:
        raise _refused(variable, option, path, _unreadable(error)) from None
    # A certificate that is no authority's is not listed; OpenSSL trusts it all the same.
    ends = [str(one["notAfter"]) for one in context.get_ca_certs()]
    now = datetime.now(UTC).timestamp()
    if ends and all(ssl.cert_time_to_seconds(end) < now for end in ends):
        raise _refused(variable, option, path, f"has expired ({ends[0]})")


def check_pair(
    variable: str, options: tuple[str, str], certificate: str, key: str, password: str = ""
) -> None:
    """Raises ImproperlyConfigured unless the key is that of the certificate.

    `options`: how the two are called. Without `key` the file of the certificate has it.
    """
    for option, path in zip(options, (certificate, key), strict=True):
        if path:
            _check_readable(variable, option, path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        # With a function OpenSSL never asks at the terminal.
        context.load_cert_chain(certificate, key or None, password=lambda: password)
    except (ssl.SSLError, ValueError):
        raise ImproperlyConfigured(
            f"{variable} names {certificate[:200]} and {(key or certificate)[:200]} as "
            f"{' and '.join(options)}, which are not a certificate (PEM) and its key"
            f"{'' if password else ' without a passphrase'}."
        ) from None


def check_private(variable: str, option: str, path: str) -> None:
    """Raises ImproperlyConfigured if others may read the key: libpq does not use such a one."""
    found = Path(path).stat()
    others = 0o037 if found.st_uid == 0 else 0o077  # of root's key a group may read
    if found.st_mode & others:
        allowed = "0640" if found.st_uid == 0 else "0600"
        raise _refused(variable, option, path, f"may be read by others; its mode may be {allowed}")


def _check_readable(variable: str, option: str, path: str) -> None:
    try:
        with Path(path).open("rb"):
            return
    except OSError as error:
        raise _refused(variable, option, path, _unreadable(error)) from None


def _unreadable(error: OSError) -> str:
    return f"cannot be read ({error.strerror})"


def _refused(variable: str, option: str, path: str, what: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{variable} names {path[:200]!r} as {option}, which {what}.")
