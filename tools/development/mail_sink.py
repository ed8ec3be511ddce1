"""A real SMTP server that delivers nothing: every mail becomes an .eml file.

It takes any mail but those to `refused...@`, which it turns away with a temporary error.
"""

import argparse
import asyncio
import signal
import socket
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from aiosmtpd.smtp import SMTP, Envelope, Session

from tools.development.mail_ledger import Entry, MailLedger

REFUSED_PREFIX = "refused"


class Sink:
    """Answers the two commands that decide what becomes of a mail."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ledger = MailLedger(directory)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith(REFUSED_PREFIX):
            self.ledger.add(Entry(recipients=[address]))
            return "451 4.7.1 This mail sink refuses whom it is told to refuse; try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks for this name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.original_content or b""
        file = self.directory / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid4().hex[:12]}.eml"
        file.write_bytes(content)
        self.ledger.add(Entry(recipients=list(envelope.rcpt_tos), file=file.name))
        return "250 2.0.0 stored"


async def serve(directory: Path, listener: socket.socket) -> None:
    """Serves the listening socket until SIGTERM."""
    loop = asyncio.get_running_loop()
    sink = Sink(directory)
    server = await loop.create_server(
        lambda: SMTP(sink, hostname="localhost", enable_SMTPUTF8=True, loop=loop), sock=listener
    )
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--descriptor", type=int, required=True, help="of a listening socket")
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(options.directory, socket.socket(fileno=options.descriptor)))


if __name__ == "__main__":
    main()
