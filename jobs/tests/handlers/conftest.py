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

# Long enough for an answer on a busy machine, short enough to wait for when none comes.
SHORT_TIMEOUT_SECONDS = 0.5


@pytest.fixture(autouse=True)
def clean_redis() -> None:
    """Handlers touch no Redis."""


@pytest.fixture
def smtp_server(settings: Settings) -> Iterator[SmtpServer]:
    """The server that Django's mail settings name during the test."""
    with SmtpServer() as server:
        point_mail_settings_at(server, settings)
        yield server


def point_mail_settings_at(server: SmtpServer, settings: Settings) -> None:
    """Sends mail there."""
    for name, value in server.settings.items():
        setattr(settings, name, value)


@pytest.fixture
def short_timeout(settings: Settings) -> None:
    """A mail server that says nothing is given up soon."""
    settings.EMAIL_TIMEOUT = SHORT_TIMEOUT_SECONDS


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
