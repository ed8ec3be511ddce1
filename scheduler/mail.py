"""Where mail goes, in the settings of the Django that is installed."""

from collections.abc import Mapping
from typing import Any

import django

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


def mail_settings_of_url(email: Mapping[str, Any]) -> dict[str, Any]:
    """The same from what django-environ makes of EMAIL_URL."""
    backend = email["EMAIL_BACKEND"]
    if backend.endswith(".smtp.EmailBackend"):
        return mail_settings(
            backend,
            {
                "host": email["EMAIL_HOST"],
                "port": email["EMAIL_PORT"],
                "username": email["EMAIL_HOST_USER"] or "",
                "password": email["EMAIL_HOST_PASSWORD"] or "",
                "use_tls": email.get("EMAIL_USE_TLS", False),
                "use_ssl": email.get("EMAIL_USE_SSL", False),
                "timeout": TIMEOUT_SECONDS,
            },
        )
    directory = email.get("EMAIL_FILE_PATH")
    is_file = backend.endswith(".filebased.EmailBackend")
    return mail_settings(backend, {"file_path": directory} if is_file else {})
