"""One mail: its Message-ID, and what becomes of the job."""

import logging
from dataclasses import replace

import pytest
from django.core.mail.backends import smtp

from jobs.core.errors import LeaseLost, OutcomeUnknown, PermanentError, StartNotWritten
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


class Watching:
    """Notes which commands the mail server had got when the effect began."""

    def __init__(self, server: SmtpServer, error: Exception | None = None) -> None:
        self._server = server
        self._error = error
        self.seen: list[list[str]] = []

    def begin(self) -> None:
        self.seen.append([one.split()[0].upper() for one in self._server.commands])
        if self._error:
            raise self._error

    async def abegin(self) -> None:
        raise NotImplementedError


def test_the_effect_begins_when_recipients_were_accepted_before_the_body(
    smtp_server: SmtpServer, mail: Mail, context: JobContext
) -> None:
    effect = Watching(smtp_server)
    mail.send(replace(context, effect_start=effect), to=["ann@example.com", "ben@example.com"])
    assert effect.seen == [["EHLO", "MAIL", "RCPT", "RCPT"]]
    assert len(smtp_server.accepted) == 1


def test_a_mail_that_nobody_is_to_get_has_no_effect(
    smtp_server: SmtpServer, mail: Mail, context: JobContext
) -> None:
    effect = Watching(smtp_server)
    smtp_server.script = {"rcpt": "550 5.1.1 nobody"}
    with pytest.raises(PermanentError):
        mail.send(replace(context, effect_start=effect))
    assert effect.seen == []


@pytest.mark.parametrize("error", [LeaseLost("taken away"), StartNotWritten("no database")])
def test_an_effect_that_must_not_begin_sends_no_body(
    error: Exception, smtp_server: SmtpServer, mail: Mail, context: JobContext
) -> None:
    with pytest.raises(type(error)):
        mail.send(replace(context, effect_start=Watching(smtp_server, error)))
    assert not any(one.upper().startswith("DATA") for one in smtp_server.commands)
    assert smtp_server.received == []


def test_a_backend_that_does_not_tell_begins_before_it_gets_the_mail(
    smtp_server: SmtpServer, mail: Mail, mailer: Mailer, context: JobContext
) -> None:
    mailer.change(f"{__name__}.OwnBackend")
    effect = Watching(smtp_server)
    mail.send(replace(context, effect_start=effect))
    [commands] = effect.seen
    assert "MAIL" not in commands
    assert len(smtp_server.accepted) == 1
