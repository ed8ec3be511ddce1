"""The mail server of bin/start. It delivers nothing: every mail becomes an .eml file.

It takes any mail but those to `refused...@`, which it turns away with a temporary error, and those
to `nobody@`, which docs/api.md sends to have a job that fails: it turns them away for good.
"""

import argparse
import signal
import socket
import threading
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from tools.mail.record import Entry, MailRecord
from tools.mail.smtp_server import ReceivedMail, SmtpServer

REFUSED_PREFIX = "refused"
NOBODY_PREFIX = "nobody@"


class MailSink(SmtpServer):
    """Keeps the mails in `directory`, and a record of them that can be counted."""

    def __init__(self, directory: Path, listener: socket.socket) -> None:
        super().__init__(listener)
        self._directory = directory
        self._record = MailRecord(directory)

    def reply_to_recipient(self, address: str) -> str:
        if address.startswith(REFUSED_PREFIX):
            self._record.add(Entry(recipients=[address]))
            return "451 4.7.1 This mail sink refuses such addresses on purpose; try again later"
        if address.startswith(NOBODY_PREFIX):
            self._record.add(Entry(recipients=[address]))
            return "550 5.1.1 This mail sink knows no such user, on purpose"
        return super().reply_to_recipient(address)

    def reply_to_mail(self, mail: ReceivedMail, connection: socket.socket) -> str:
        file = self._directory / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid4().hex[:12]}.eml"
        file.write_bytes(mail.content)
        self._record.add(Entry(recipients=list(mail.recipients), file=file.name))
        return "250 2.0.0 stored"


def main() -> None:
    """Serves an inherited socket until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--descriptor", type=int, required=True, help="of a listening socket")
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with MailSink(options.directory, socket.socket(fileno=options.descriptor)):
        stop.wait()


if __name__ == "__main__":
    main()
