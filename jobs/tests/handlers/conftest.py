"""A scripted mail server, and a mail to send to it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from jobs.core.ids import uuid7
from jobs.handlers.context import JobContext
from jobs.handlers.email.send_email import send_email
from jobs.tests.smtp_server import SmtpServer
from scheduler.mail import TIMEOUT_SECONDS, mail_settings

# Long enough for an answer on a busy machine, short enough to wait for when none comes.
SHORT_TIMEOUT_SECONDS = 0.5

# What adds a header to a mail, if it ever gets into one.
INJECTION = "\r\nBcc: everybody@example.com"


@pytest.fixture(autouse=True)
def clean_redis() -> None:
    """Handlers touch no Redis."""


class Mailer:
    """The mailer of the project's settings, changed for one test."""

    SMTP = "django.core.mail.backends.smtp.EmailBackend"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._options: dict[str, Any] = {"timeout": TIMEOUT_SECONDS}

    def change(self, backend: str = SMTP, **options: Any) -> None:
        """Another backend, and other options beside those that were set before."""
        self._options |= options
        kept = self._options if "smtp" in backend or "Own" in backend else {}
        for name, value in mail_settings(backend, kept).items():
            setattr(self._settings, name, value)


@pytest.fixture
def mailer(settings: Settings) -> Mailer:
    """To be changed by the test."""
    return Mailer(settings)


@pytest.fixture
def smtp_server(mailer: Mailer) -> Iterator[SmtpServer]:
    """The server that Django's mail settings name during the test."""
    with SmtpServer() as server:
        mailer.change(**server.options)
        yield server


@pytest.fixture
def short_timeout(smtp_server: SmtpServer, mailer: Mailer) -> None:
    """A mail server that says nothing is given up soon."""
    mailer.change(timeout=SHORT_TIMEOUT_SECONDS)


@pytest.fixture
def context() -> JobContext:
    """The first attempt of a job."""
    job_id = uuid7()
    return JobContext(
        job_id=job_id,
        type="send_email",
        queue="emails",
        attempt=1,
        idempotency_key=str(job_id),
        worker="f82a11f88c4e",
    )


@pytest.fixture
def next_attempt(context: JobContext) -> JobContext:
    """The second attempt of the same job."""
    return replace(context, attempt=2)


class Mail:
    """`send_email` with a payload that is fine, changed where a test says so."""

    def __init__(self, context: JobContext) -> None:
        self.context = context

    def send(self, context: JobContext | None = None, **changes: Any) -> None:
        """Runs the handler."""
        payload = {"to": ["ann@example.com"], "subject": "Hello", "text": "A line.\n"}
        send_email(payload | changes, context or self.context)


@pytest.fixture
def mail(context: JobContext) -> Mail:
    """A mail to ann@example.com."""
    return Mail(context)
