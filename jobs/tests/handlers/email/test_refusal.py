"""Refusals of a mail server: 5xx is for good, 4xx and a server that is away are tried again."""

import smtplib
import socket
import ssl

import pytest

from jobs.core.errors import JobsError, PermanentError
from jobs.tests.handlers.conftest import Mail, Mailer
from jobs.tests.smtp_server import DROP, HANG, SmtpServer

BEFORE_THE_ANSWER_TO_THE_BODY = ["connect", "ehlo", "mail", "rcpt", "data"]
EVERY_STAGE = [*BEFORE_THE_ANSWER_TO_THE_BODY, "body"]


@pytest.mark.parametrize("stage", EVERY_STAGE)
def test_550_is_for_good(smtp_server: SmtpServer, mail: Mail, stage: str) -> None:
    smtp_server.script = {stage: "550 5.7.1 not from you"}
    if stage == "ehlo":
        smtp_server.script["helo"] = "550 5.7.1 not from you"

    with pytest.raises(PermanentError, match="not from you"):
        mail.send()

    assert smtp_server.accepted == []


@pytest.mark.parametrize("stage", EVERY_STAGE)
@pytest.mark.parametrize("reply", ["451 4.3.0 later", "421 4.3.2 closing"])
def test_4xx_is_tried_again(smtp_server: SmtpServer, mail: Mail, stage: str, reply: str) -> None:
    smtp_server.script = {stage: reply}
    if stage == "ehlo":
        smtp_server.script["helo"] = reply

    with pytest.raises(smtplib.SMTPException) as raised:
        mail.send()

    assert reply[:3] in str(raised.value)
    assert not isinstance(raised.value, JobsError)
    assert smtp_server.accepted == []

    smtp_server.script = {}
    mail.send()
    assert len(smtp_server.accepted) == 1


@pytest.mark.parametrize("stage", BEFORE_THE_ANSWER_TO_THE_BODY)
@pytest.mark.parametrize("silence", [DROP, HANG])
@pytest.mark.usefixtures("short_timeout")
def test_a_connection_lost_before_the_body_is_tried_again(
    smtp_server: SmtpServer, mail: Mail, stage: str, silence: str
) -> None:
    smtp_server.script = {stage: silence}

    with pytest.raises(smtplib.SMTPServerDisconnected):
        mail.send()

    assert smtp_server.received == []


def test_a_server_that_is_away_is_tried_again(mailer: Mailer, mail: Mail) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    mailer.change(host="127.0.0.1", port=port)

    with pytest.raises(ConnectionRefusedError):
        mail.send()


def test_what_is_no_mail_server_is_tried_again(smtp_server: SmtpServer, mail: Mail) -> None:
    smtp_server.script = {"connect": "SSH-2.0-OpenSSH_9.6"}

    with pytest.raises(smtplib.SMTPConnectError):
        mail.send()


def test_all_recipients_refused_for_good(smtp_server: SmtpServer, mail: Mail) -> None:
    smtp_server.script = {
        "rcpt:ann@example.com": "550 5.1.1 no ann",
        "rcpt:ben@example.com": "553 5.1.3 no ben",
    }

    with pytest.raises(PermanentError, match=r"ann@.*: 550 .*ben@.*: 553"):
        mail.send(to=["ann@example.com", "ben@example.com"])


def test_all_recipients_refused_one_of_them_for_now(smtp_server: SmtpServer, mail: Mail) -> None:
    smtp_server.script = {
        "rcpt:ann@example.com": "550 5.1.1 no ann",
        "rcpt:ben@example.com": "450 4.2.0 greylisted",
    }

    with pytest.raises(smtplib.SMTPRecipientsRefused):
        mail.send(to=["ann@example.com", "ben@example.com"])

    assert smtp_server.received == []


class TestLogin:
    """The credentials of EMAIL_URL."""

    @pytest.fixture(autouse=True)
    def credentials(self, smtp_server: SmtpServer, mailer: Mailer) -> None:
        mailer.change(username="shop", password="open sesame")
        smtp_server.script = {"ehlo": "250-scripted\r\n250 AUTH PLAIN"}

    def test_accepted(self, smtp_server: SmtpServer, mail: Mail) -> None:
        mail.send()

        assert len(smtp_server.accepted) == 1

    def test_refused_is_for_good_and_names_the_setting(
        self, smtp_server: SmtpServer, mail: Mail
    ) -> None:
        smtp_server.script["auth"] = "535 5.7.8 wrong"

        with pytest.raises(PermanentError, match=r"EMAIL_URL: 535 5\.7\.8 wrong"):
            mail.send()

        assert smtp_server.commands[-1] == "quit"

    def test_refused_for_now_is_tried_again(self, smtp_server: SmtpServer, mail: Mail) -> None:
        smtp_server.script["auth"] = "454 4.7.0 directory is away"

        with pytest.raises(smtplib.SMTPAuthenticationError):
            mail.send()

    def test_not_offered_is_for_good(self, smtp_server: SmtpServer, mail: Mail) -> None:
        smtp_server.script = {}

        with pytest.raises(PermanentError, match="EMAIL_URL"):
            mail.send()


class TestStartTls:
    """A mailer with `use_tls`."""

    @pytest.fixture(autouse=True)
    def encrypted(self, smtp_server: SmtpServer, mailer: Mailer) -> None:
        mailer.change(use_tls=True)
        smtp_server.script = {"ehlo": "250-scripted\r\n250 STARTTLS"}

    def test_not_offered_is_for_good_and_nothing_is_sent_in_the_clear(
        self, smtp_server: SmtpServer, mail: Mail
    ) -> None:
        smtp_server.script = {}

        with pytest.raises(PermanentError, match="STARTTLS"):
            mail.send()

        assert [command.split()[0].lower() for command in smtp_server.commands] == ["ehlo", "quit"]

    def test_refused_for_now_is_tried_again(self, smtp_server: SmtpServer, mail: Mail) -> None:
        smtp_server.script["starttls"] = "454 4.7.0 no certificate yet"

        with pytest.raises(smtplib.SMTPResponseException, match="454"):
            mail.send()

    def test_refused_is_for_good(self, smtp_server: SmtpServer, mail: Mail) -> None:
        smtp_server.script["starttls"] = "501 5.5.4 no"

        with pytest.raises(PermanentError, match="501"):
            mail.send()

    def test_a_handshake_that_fails_is_tried_again(
        self, smtp_server: SmtpServer, mail: Mail
    ) -> None:
        # The server says go ahead and then talks on in plain text.
        with pytest.raises(ssl.SSLError):
            mail.send()

        assert smtp_server.received == []
