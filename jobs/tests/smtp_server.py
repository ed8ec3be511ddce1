"""A real SMTP server that follows a script: it refuses, falls silent or hangs up where told to."""

import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

DROP = "(hang up)"
HANG = "(say nothing)"

USUAL = {
    "connect": "220 scripted ESMTP",
    "ehlo": "250-scripted\r\n250 SIZE 10000000",
    "helo": "250 scripted",
    "auth": "235 2.7.0 welcome",
    "starttls": "220 2.0.0 go ahead",
    "mail": "250 2.1.0 sender fine",
    "rcpt": "250 2.1.5 recipient fine",
    "data": "354 go on",
    "body": "250 2.0.0 taken",
    "rset": "250 2.0.0 forgotten",
    "noop": "250 2.0.0 fine",
    "quit": "221 2.0.0 goodbye",
}


@dataclass
class ReceivedMail:
    """One mail whose body arrived whole, whatever was answered to it."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed, with the line ends of a Python text."""
        content = self.content.replace(b"\r\n", b"\n")
        return message_from_bytes(content, policy=policy.default)


@dataclass
class SmtpServer:
    """Listens on a free port of 127.0.0.1 while its `with` block runs.

    `script`: what to answer at a stage (the names in `USUAL`), or `DROP` or `HANG`; the key
    `rcpt:<address>` is about one recipient. It may be changed while the server runs.
    `tls`: encrypts every connection from its start.
    `received`: the mails whose body arrived; `accepted`: those that got the usual answer.
    """

    script: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    received: list[ReceivedMail] = field(default_factory=list)
    accepted: list[ReceivedMail] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    @property
    def options(self) -> Mapping[str, Any]:
        """The options of a mailer that sends mail here."""
        return {"host": "127.0.0.1", "port": self.port, "use_ssl": self.tls is not None}

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        for one in [self._listener, *self._connections]:
            _shut(one)
        for thread in self._threads:
            thread.join(timeout=10)
            assert not thread.is_alive(), "an SMTP connection did not end"
        self._listener.close()

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rwb") as stream:
                _Dialogue(self, cast(BinaryIO, stream)).run()
        except (OSError, ValueError, _HangUp):
            pass  # the client went away, or the script says so

    def wait_for_the_end(self) -> None:
        """Returns when the server is being stopped."""
        self._stopping.wait()


class _HangUp(Exception):
    """The connection is to be closed now."""


class _Dialogue:
    """One connection."""

    def __init__(self, server: SmtpServer, stream: BinaryIO) -> None:
        self.server = server
        self.stream = stream
        self.sender = ""
        self.recipients: list[str] = []

    def run(self) -> None:
        self.say("connect")
        while line := self.stream.readline():
            command = line.decode("latin-1").strip()
            self.server.commands.append(command)
            self.answer(command)

    def answer(self, command: str) -> None:
        verb = command.split(" ", 1)[0].lower()
        match verb:
            case "mail":
                self.sender, self.recipients = _address(command), []
                self.say("mail")
            case "rcpt":
                self.add_recipient(_address(command))
            case "data":
                if self.say("data").startswith("354"):
                    self.read_body()
            case "quit":
                self.say("quit")
                raise _HangUp
            case _ if verb in USUAL:
                self.say(verb)
            case _:
                self.write("500 5.5.1 unknown command")

    def add_recipient(self, address: str) -> None:
        reply = self.server.script.get(f"rcpt:{address}") or self.reply_at("rcpt")
        self.act(reply)
        if reply.startswith("250"):
            self.recipients.append(address)

    def read_body(self) -> None:
        if self.server.script.get("body_start") == DROP:
            raise _HangUp
        lines = []
        while (line := self.stream.readline()) != b".\r\n":
            if not line:
                raise _HangUp
            lines.append(line.removeprefix(b"."))
        mail = ReceivedMail(self.sender, self.recipients, b"".join(lines))
        self.server.received.append(mail)
        if self.reply_at("body").startswith("2"):
            self.server.accepted.append(mail)
        self.say("body")

    def reply_at(self, stage: str) -> str:
        return self.server.script.get(stage, USUAL[stage])

    def say(self, stage: str) -> str:
        reply = self.reply_at(stage)
        self.act(reply)
        return reply

    def act(self, reply: str) -> None:
        if reply == DROP:
            raise _HangUp
        if reply == HANG:
            self.server.wait_for_the_end()
            raise _HangUp
        self.write(reply)

    def write(self, reply: str) -> None:
        self.stream.write(f"{reply}\r\n".encode())
        self.stream.flush()


def _address(command: str) -> str:
    return command.partition("<")[2].partition(">")[0]


def _shut(one: socket.socket) -> None:
    with suppress(OSError):  # it may be closed already
        one.shutdown(socket.SHUT_RDWR)
    one.close()
