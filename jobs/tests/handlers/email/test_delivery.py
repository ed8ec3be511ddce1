"""One mail: its Message-ID, and what becomes of the job."""

import logging

import pytest
from django.core.mail.backends import smtp

from jobs.core.errors import OutcomeUnknown
from jobs.handlers.context import JobContext
from jobs.tests.handlers.conftest import Mail, Mailer
from jobs.tests.smtp_server import DROP, SmtpServer


@pytest.mark.parametrize("reply", ["550 5.1.1 no ann", "450 4.2.0 greylisted"])
def test_a_mail_that_some_have_is_not_repeated_and_the_log_names_the_others(
    smtp_server: SmtpServer, mail: Mail, reply: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    smtp_server.script = {"rcpt:ann@example.com": reply}

    mail.send(to=["ann@example.com", "Ben Example <ben@example.com>"])

    assert [one.recipients for one in smtp_server.accepted] == [["ben@example.com"]]
    warning, success = caplog.records
    assert warning.levelno == logging.WARNING
    assert f"ann@example.com ({reply[:3]}" in warning.getMessage()
    assert success.getMessage() == "Successfully sent email to Ben Example <ben@example.com>"


def test_the_message_id_is_the_same_on_every_attempt(
    smtp_server: SmtpServer, mail: Mail, context: JobContext, next_attempt: JobContext
) -> None:
    mail.send(from_email="shop@example.com")
    mail.send(next_attempt, from_email="shop@example.com")

    first, second = (one.message["Message-ID"] for one in smtp_server.accepted)
    assert first == second == f"<{context.job_id}@example.com>"


def test_without_the_careful_backend_a_lost_connection_is_unknown(
    smtp_server: SmtpServer, mail: Mail, mailer: Mailer
) -> None:
    mailer.change(f"{__name__}.OwnBackend")
    smtp_server.script = {"body": DROP}

    with pytest.raises(OutcomeUnknown):
        mail.send()


class OwnBackend(smtp.EmailBackend):
    """A project's own SMTP backend, which does not tell when the body was sent."""
