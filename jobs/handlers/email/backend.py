"""The mail backend of the project, with `CarefulEmailBackend` in place of Django's SMTP backend."""

from django.core import mail
from django.core.mail.backends import smtp
from django.core.mail.backends.base import BaseEmailBackend

from jobs.handlers.email.smtp import CarefulEmailBackend


def mail_backend() -> BaseEmailBackend:
    """A new instance of the backend that MAILERS["default"] or EMAIL_BACKEND names."""
    backend = _configured()
    if type(backend) is smtp.EmailBackend:
        # The instance is configured already, as this version of Django reads its settings.
        backend.__class__ = CarefulEmailBackend
    return backend


def _configured() -> BaseEmailBackend:
    mailers = getattr(mail, "mailers", None)  # since Django 6.1, where get_connection warns
    backend: BaseEmailBackend = mail.get_connection() if mailers is None else mailers.default
    return backend
