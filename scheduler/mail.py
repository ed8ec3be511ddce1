"""Where mail goes, in the settings of the Django that is installed."""

from collections.abc import Mapping
from email.headerregistry import AddressHeader
from typing import Any

import django

from scheduler.server_urls import MAIL_BACKENDS, ServerUrl

# Seconds; a mail server that says nothing for so long counts as gone.
TIMEOUT_SECONDS = 10

_FORMER_NAMES = {
    "host": "EMAIL_HOST",
    "port": "EMAIL_PORT",
    "username": "EMAIL_HOST_USER",
    "password": "EMAIL_HOST_PASSWORD",
    "use_tls": "EMAIL_USE_TLS",
    "use_ssl": "EMAIL_USE_SSL",
    "timeout": "EMAIL_TIMEOUT",
    "file_path": "EMAIL_FILE_PATH",
}


def mail_settings(backend: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The Django settings for one mailer: MAILERS since Django 6.1, before that EMAIL_*.

    `options`: what the backend's constructor takes.
    """
    if django.VERSION >= (6, 1):
        return {"MAILERS": {"default": {"BACKEND": backend, "OPTIONS": dict(options)}}}
    former = {_FORMER_NAMES[name]: value for name, value in options.items()}
    return {"EMAIL_BACKEND": backend, **former}


def mail_settings_of_url(url: ServerUrl) -> dict[str, Any]:
    """The same from EMAIL_URL."""
    kind = MAIL_BACKENDS[url.scheme]
    backend = f"django.core.mail.backends.{kind}.EmailBackend"
    if kind != "smtp":
        return mail_settings(backend, {"file_path": f"/{url.path}"} if kind == "filebased" else {})
    [(host, port)] = url.hosts
    return mail_settings(
        backend,
        {
            "host": host,
            "port": port or (465 if url.scheme == "smtp+ssl" else 25),
            "username": url.user,
            "password": url.password,
            "use_tls": url.scheme in ("smtp+tls", "smtps"),
            "use_ssl": url.scheme == "smtp+ssl",
            "timeout": TIMEOUT_SECONDS,
        },
    )


def is_mailbox(text: str) -> bool:
    """Whether the text is one mail address, with or without a name."""
    if not text.isprintable():
        return False
    try:
        parsed = AddressHeader.value_parser(text)
    except (IndexError, ValueError):  # the parser's own, for some odd texts
        return False
    mailboxes = parsed.all_mailboxes
    return not parsed.all_defects and len(mailboxes) == 1 and bool(mailboxes[0].domain)
