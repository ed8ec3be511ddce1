"""The SMTP server that the tools and the tests share."""

import smtplib
import socket
import threading
from email.message import EmailMessage

import pytest

from jobs.tests.waiting import wait_until
from tools.mail.smtp_server import HangUp, ReceivedMail, SmtpServer, has_hung_up


class Keeping(SmtpServer):
    """Keeps what it takes."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[ReceivedMail] = []

    def reply_to_mail(self, mail: ReceivedMail, connection: socket.socket) -> str:
        self.mails.append(mail)
        return super().reply_to_mail(mail, connection)


def message(text: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "jobs@localhost", "Änn <änn@example.com>", "Grüße"
    made.set_content(text)
    return made


def test_a_mail_arrives_as_it_was_sent() -> None:
    with Keeping() as server, smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
        client.send_message(message("Ä dot at the start:\n.dot\n"))
    [mail] = server.mails
    assert mail.sender == "jobs@localhost"
    assert mail.recipients == ["änn@example.com"]
    assert mail.message["Subject"] == "Grüße"
    assert mail.message.get_content() == "Ä dot at the start:\n.dot\n"


def test_a_command_that_it_does_not_know_is_refused() -> None:
    with Keeping() as server, smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
        assert client.docmd("TURN")[0] == 500


def test_it_hangs_up_where_a_subclass_wants_it() -> None:
    class Rude(SmtpServer):
        def before_body(self) -> None:
            raise HangUp

    with (
        Rude() as server,
        smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client,
        pytest.raises(smtplib.SMTPServerDisconnected),
    ):
        client.send_message(message("Hello."))


def test_a_client_that_has_gone_is_noticed() -> None:
    here, there = socket.socketpair()
    with here:
        assert not has_hung_up(here)
        there.close()
        assert has_hung_up(here)


def test_stopping_ends_connections_that_are_open() -> None:
    before = threading.active_count()
    server = Keeping()
    server.start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        assert client.recv(100).startswith(b"220 ")
        server.stop()
        assert client.recv(100) == b""
    wait_until(lambda: threading.active_count() == before)
