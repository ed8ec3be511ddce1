"""`send_email` over a real SMTP dialogue: what arrives, and under which Message-ID."""

import logging
from contextlib import suppress

import pytest
from pytest_django.fixtures import Settings

from jobs.core.errors import OutcomeUnknown
from jobs.handlers.context import JobContext
from jobs.handlers.registry import job_types
from jobs.tests.handlers.conftest import Mail
from jobs.tests.smtp_server import DROP, SmtpServer


def test_everything_in_the_payload_arrives(smtp_server: SmtpServer, mail: Mail) -> None:
    mail.send(
        to=["Ann Example <ann@example.com>", "ben@example.com"],
        cc=["cora@example.com"],
        bcc=["dan@example.com"],
        reply_to=["help@example.com"],
        from_email="The Shop <shop@example.com>",
        subject="Grüße: your order",
        text="Plain Grüße.\n.\nA line after a lone dot.\n",
        html="<p>Rich <b>Grüße</b>.</p>",
    )

    [received] = smtp_server.accepted
    message = received.message
    assert received.sender == "shop@example.com"
    assert received.recipients == [
        "ann@example.com",
        "ben@example.com",
        "cora@example.com",
        "dan@example.com",
    ]
    assert message["From"] == "The Shop <shop@example.com>"
    assert message["To"] == "Ann Example <ann@example.com>, ben@example.com"
    assert message["Cc"] == "cora@example.com"
    assert message["Bcc"] is None
    assert message["Reply-To"] == "help@example.com"
    assert message["Subject"] == "Grüße: your order"
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert plain.get_content() == "Plain Grüße.\n.\nA line after a lone dot.\n"
    assert rich.get_content().strip() == "<p>Rich <b>Grüße</b>.</p>"


def test_the_sender_is_the_default_one_if_none_is_named(
    smtp_server: SmtpServer, settings: Settings, mail: Mail
) -> None:
    settings.DEFAULT_FROM_EMAIL = "Jobs <jobs@example.org>"

    mail.send()

    assert smtp_server.accepted[0].sender == "jobs@example.org"


def test_a_person_reads_in_the_log_who_got_the_mail(
    smtp_server: SmtpServer, mail: Mail, context: JobContext, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    mail.send(to=["ann@example.com", "ben@example.com"])

    [record] = [one for one in caplog.records if one.levelno == logging.INFO]
    assert record.getMessage() == "Successfully sent email to ann@example.com, ben@example.com"
    assert record.__dict__["job_id"] == str(context.job_id)
    assert record.__dict__["attempt"] == 1


def test_one_mail_is_one_connection_with_a_proper_end(smtp_server: SmtpServer, mail: Mail) -> None:
    mail.send()

    verbs = [command.split()[0].lower() for command in smtp_server.commands]
    assert verbs == ["ehlo", "mail", "rcpt", "data", "quit"]


def test_texts_of_mails_are_sensitive() -> None:
    assert job_types.get("send_email").sensitive == {"text", "html"}


@pytest.mark.filterwarnings("ignore:The EMAIL_.* setting is deprecated")
def test_a_project_may_still_have_the_settings_from_before_mailers(
    settings: Settings, mail: Mail
) -> None:
    with suppress(AttributeError):
        del settings.MAILERS
    with SmtpServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        server.script = {"body": DROP}

        with pytest.raises(OutcomeUnknown, match="Message-ID"):  # as the careful backend says it
            mail.send()

    assert len(server.received) == 1
