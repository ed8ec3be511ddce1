"""A real SMTP server that follows a script: it refuses, falls silent or hangs up where told to."""

import socket
import ssl
from collections.abc import Mapping
from typing import Any

from tools.mail import smtp_server
from tools.mail.smtp_server import USUAL, HangUp, ReceivedMail

DROP = "(hang up)"
HANG = "(say nothing)"

EHLO = "250-scripted\r\n250 SIZE 10000000"


class SmtpServer(smtp_server.SmtpServer):
    """Listens on a free port of 127.0.0.1 while its `with` block runs.

    `script`: what to answer at a stage (the names in `USUAL`), or `DROP` or `HANG`; the key
    `rcpt:<address>` is about one recipient, `body_start` the moment before the body is read. It
    may be changed while the server runs.
    `tls`: encrypts every connection from its start.
    `received`: the mails whose body arrived; `accepted`: those that got the usual answer.
    """

    def __init__(
        self, script: dict[str, str] | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(tls=tls)
        self.script = script or {}
        self.received: list[ReceivedMail] = []
        self.accepted: list[ReceivedMail] = []
        self.commands: list[str] = []

    @property
    def options(self) -> Mapping[str, Any]:
        """The options of a mailer that sends mail here."""
        return {"host": "127.0.0.1", "port": self.port, "use_ssl": self.tls is not None}

    def reply(self, stage: str) -> str:
        return self._act(self._scripted(stage))

    def reply_to_recipient(self, address: str) -> str:
        scripted = self.script.get(f"rcpt:{address}")
        return self._act(scripted) if scripted else self.reply("rcpt")

    def reply_to_mail(self, mail: ReceivedMail, connection: socket.socket) -> str:
        self.received.append(mail)
        if self._scripted("body").startswith("2"):
            self.accepted.append(mail)
        return self.reply("body")

    def before_body(self) -> None:
        if self.script.get("body_start") == DROP:
            raise HangUp

    def note_command(self, command: str) -> None:
        self.commands.append(command)

    def _scripted(self, stage: str) -> str:
        return self.script.get(stage) or (EHLO if stage == "ehlo" else USUAL[stage])

    def _act(self, reply: str) -> str:
        if reply == HANG:
            self.stopping.wait()
        if reply in (DROP, HANG):
            raise HangUp
        return reply
