"""Once the whole body is sent, a missing reply means that the outcome is unknown."""

import logging
import smtplib
import ssl
import time
from collections.abc import Iterator
from email.message import Message

import pytest

from jobs.core.errors import JobsError, OutcomeUnknown, PermanentError
from jobs.handlers.email.smtp import PATIENCE_AFTER_BODY, CarefulEmailBackend
from jobs.tests.handlers.conftest import SHORT_TIMEOUT_SECONDS, Mail, Mailer
from jobs.tests.smtp_server import DROP, HANG, SmtpServer

# More than two sockets hold, so that the client is still sending when the server goes away.
BIG_TEXT = ("x" * 70 + "\n") * 300_000


def test_hung_up_after_the_body(smtp_server: SmtpServer, mail: Mail) -> None:
    smtp_server.script = {"body": DROP}

    with pytest.raises(OutcomeUnknown, match="Message-ID"):
        mail.send()

    assert len(smtp_server.received) == 1


@pytest.mark.usefixtures("short_timeout")
def test_silent_after_the_body_is_given_more_time_and_then_unknown(
    smtp_server: SmtpServer, mail: Mail
) -> None:
    smtp_server.script = {"body": HANG}
    started = time.monotonic()

    with pytest.raises(OutcomeUnknown, match="timed out"):
        mail.send()

    assert time.monotonic() - started >= SHORT_TIMEOUT_SECONDS * PATIENCE_AFTER_BODY
    assert len(smtp_server.received) == 1


@pytest.mark.parametrize("reply", ["no code at all", "354 go on", "9" * 9000])
def test_an_answer_that_says_nothing(smtp_server: SmtpServer, mail: Mail, reply: str) -> None:
    smtp_server.script = {"body": reply}

    with pytest.raises(OutcomeUnknown):
        mail.send()

    assert len(smtp_server.received) == 1


def test_any_2xx_to_the_body_is_acceptance(smtp_server: SmtpServer, mail: Mail) -> None:
    smtp_server.script = {"body": "252 2.0.0 taken, more or less"}

    mail.send()

    assert len(smtp_server.accepted) == 1


def test_hung_up_in_the_middle_of_the_body_is_tried_again(
    smtp_server: SmtpServer, mail: Mail
) -> None:
    smtp_server.script = {"body_start": DROP}

    with pytest.raises(smtplib.SMTPServerDisconnected) as raised:
        mail.send(text=BIG_TEXT)

    assert not isinstance(raised.value, JobsError)
    assert smtp_server.received == []


@pytest.mark.parametrize("goodbye", [DROP, HANG, "500 5.5.1 no", "9" * 9000])
@pytest.mark.usefixtures("short_timeout")
def test_a_failed_goodbye_changes_nothing(
    smtp_server: SmtpServer, mail: Mail, goodbye: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    smtp_server.script = {"quit": goodbye}

    mail.send()

    assert len(smtp_server.accepted) == 1
    assert caplog.messages == ["Successfully sent email to ann@example.com"]


class TestEncrypted:
    """A mailer with `use_ssl`. The cipher needs no certificate, so that the test needs none."""

    CIPHER = "AECDH-AES256-SHA:@SECLEVEL=0"

    @pytest.fixture
    def tls_server(self, mailer: Mailer, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
        client = self._context(ssl.PROTOCOL_TLS_CLIENT)
        monkeypatch.setattr(CarefulEmailBackend, "ssl_context", client)
        with SmtpServer(tls=self._context(ssl.PROTOCOL_TLS_SERVER)) as server:
            mailer.change(**server.options)
            yield server

    def _context(self, protocol: int) -> ssl.SSLContext:
        context = ssl.SSLContext(protocol)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(self.CIPHER)
        return context

    def test_delivered(self, tls_server: SmtpServer, mail: Mail) -> None:
        mail.send()

        [received] = tls_server.accepted
        message: Message = received.message
        assert message["Subject"] == "Hello"

    def test_hung_up_after_the_body(self, tls_server: SmtpServer, mail: Mail) -> None:
        tls_server.script = {"body": DROP}

        with pytest.raises(OutcomeUnknown):
            mail.send()

    def test_hung_up_in_the_middle_of_the_body(self, tls_server: SmtpServer, mail: Mail) -> None:
        tls_server.script = {"body_start": DROP}

        with pytest.raises(smtplib.SMTPServerDisconnected):
            mail.send(text=BIG_TEXT)

    def test_refused(self, tls_server: SmtpServer, mail: Mail) -> None:
        tls_server.script = {"rcpt": "550 5.1.1 no"}

        with pytest.raises(PermanentError):
            mail.send()
