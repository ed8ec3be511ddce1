"""The mail server of bin/chaos refuses and hangs up as it is told, and counts what it took."""

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.chaos.mail_server import REFUSALS_LIMIT, MailServer

# One is refused at RCPT, the other after its body.
ADDRESSES = ["user1@example.com", "user2@example.com", "user3@example.com", "user4@example.com"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    server = MailServer(tmp_path / "mails.jsonl", seed=1)
    server.seconds = 0.0
    server.start()
    yield server
    server.stop()


def send(server: MailServer, address: str, job_id: str = "a-job") -> None:
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
        body = f"Message-ID: <{job_id}@localhost>\r\n\r\nHello"
        client.sendmail("jobs@localhost", [address], body)


def test_a_mail_is_an_effect_of_its_job(server: MailServer) -> None:
    send(server, "User1@example.com", "job-1")
    [effect] = server.effects()
    assert (effect.name, effect.job_id) == ("user1@example.com", "job-1")


@pytest.mark.parametrize("address", ADDRESSES)
def test_refused_mails_are_no_effect_and_are_taken_in_the_end(
    server: MailServer, address: str
) -> None:
    server.refused_share = 1.0
    for _ in range(REFUSALS_LIMIT):
        with pytest.raises((smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused)) as caught:
            send(server, address)
        assert "451" in str(caught.value)
    assert server.effects() == []
    send(server, address)
    assert len(server.effects()) == 1
    assert len(server.refusals) == REFUSALS_LIMIT


def test_dropped_connections_leave_the_sender_without_an_answer(server: MailServer) -> None:
    server.dropped_share = 1.0
    for number in range(20):
        with pytest.raises(smtplib.SMTPServerDisconnected):
            send(server, f"user{number}@example.com")
    assert len(server.mails) == 20
    assert all(mail.dropped for mail in server.mails)
    taken = len(server.effects())
    assert 0 < taken < 20
    server.behave()
    send(server, "user99@example.com")
    assert len(server.effects()) == taken + 1
