"""The mail sink: real SMTP, files, and a record that can be counted."""

import os
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tools.checkout import CHECKOUT
from tools.mail.record import MailRecord
from tools.ports import listen, port_of


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[smtplib.SMTP]:
    """A client of a sink that runs as a process, as bin/start runs it."""
    listener = listen(20_025)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tools.mail.sink"),
            *("--directory", tmp_path, "--descriptor", str(listener.fileno())),
        ],
        cwd=CHECKOUT,
        env=dict(os.environ),
        pass_fds=[listener.fileno()],
    )
    listener_port = port_of(listener)
    listener.close()
    with smtplib.SMTP("127.0.0.1", listener_port, timeout=20) as client:
        yield client
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0


def mail(to: str, text: str = "Hello.") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "jobs@localhost", to, "Test"
    message.set_content(text)
    return message


def test_a_mail_is_stored_before_it_is_accepted(sink: smtplib.SMTP, tmp_path: Path) -> None:
    sink.send_message(mail("ann@example.com", "Dot at the start:\n.dot"))
    [entry] = MailRecord(tmp_path).about(["ann@example.com"])
    assert not entry.refused
    assert entry.file is not None
    assert b"\r\n.dot" in (tmp_path / entry.file).read_bytes()


def test_each_mail_counts(sink: smtplib.SMTP, tmp_path: Path) -> None:
    for _ in range(3):
        sink.send_message(mail("ann@example.com"))
    sink.send_message(mail("ben@example.com"))
    record = MailRecord(tmp_path)
    assert len(record.about(["ann@example.com"])) == 3
    assert len(record.about(["ann@example.com", "ben@example.com"])) == 4
    assert len(list(tmp_path.glob("*.eml"))) == 4


@pytest.mark.parametrize(
    ("address", "code"), [("refused.one@example.com", 451), ("nobody@example.com", 550)]
)
def test_who_is_to_be_refused_is_refused(
    sink: smtplib.SMTP, tmp_path: Path, address: str, code: int
) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        sink.send_message(mail(address))
    assert refused.value.recipients[address][0] == code
    [entry] = MailRecord(tmp_path).about([address])
    assert entry.refused
    assert not list(tmp_path.glob("*.eml"))


def test_an_empty_record_is_empty(tmp_path: Path) -> None:
    assert MailRecord(tmp_path).about(["ann@example.com"]) == []
