"""A real SMTP server, one thread a connection. Its subclasses say what it answers."""

import select
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import BinaryIO, Self, cast

STOP_SECONDS = 10.0

USUAL = {
    "connect": "220 localhost ESMTP",
    "ehlo": "250-localhost\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 33554432",
    "helo": "250 localhost",
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


class HangUp(Exception):
    """Raised to close the connection without an answer."""


@dataclass
class ReceivedMail:
    """One mail whose body arrived whole, whatever is answered to it."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed, with the line ends of a Python text."""
        content = self.content.replace(b"\r\n", b"\n")
        return message_from_bytes(content, policy=policy.default)


class SmtpServer:
    """Serves a listening socket from `start` to `stop`, or while its `with` block runs.

    `listener`: the socket; without one, a free port of 127.0.0.1 is taken.
    `tls`: encrypts every connection from its start.
    """

    def __init__(
        self, listener: socket.socket | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.tls = tls
        self.stopping = threading.Event()
        self._listener = listener or socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()

    def reply(self, stage: str) -> str:
        """What to say at a stage, one of `USUAL`; may raise HangUp."""
        return USUAL[stage]

    def reply_to_recipient(self, address: str) -> str:
        """Whether a recipient is taken, which an answer of 250 says; may raise HangUp."""
        return self.reply("rcpt")

    def reply_to_mail(self, mail: ReceivedMail, connection: socket.socket) -> str:
        """Whether a mail is taken, which an answer of 250 says; may raise HangUp."""
        return self.reply("body")

    def before_body(self) -> None:
        """Called before a body is read; may raise HangUp."""

    def note_command(self, command: str) -> None:
        """Called with each command line before it is answered."""

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        """Accepts connections from now on."""
        self._run(threading.Thread(target=self._accept, name="SMTP server", daemon=True))

    def stop(self) -> None:
        """Closes all connections; returns when their threads have ended."""
        self.stopping.set()
        with self._lock:
            sockets, threads = [self._listener, *self._connections], set(self._threads)
        for one in sockets:
            with suppress(OSError):  # it may be closed already
                one.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(STOP_SECONDS)
            assert not thread.is_alive(), "an SMTP connection did not end"
        self._listener.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self, thread: threading.Thread) -> None:
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._connections.add(connection)
            self._run(threading.Thread(target=self._serve, args=[connection], daemon=True))

    def _serve(self, accepted: socket.socket) -> None:
        try:
            connection = self.tls.wrap_socket(accepted, server_side=True) if self.tls else accepted
            with connection, connection.makefile("rwb") as stream:
                _Dialogue(self, connection, cast(BinaryIO, stream)).run()
        except (OSError, ValueError, HangUp):
            pass  # the client went away, or the server is to hang up
        finally:
            accepted.close()
            with self._lock:
                self._connections.discard(accepted)
                self._threads.discard(threading.current_thread())


def has_hung_up(connection: socket.socket) -> bool:
    """Whether the client has closed its end of the connection."""
    readable, _, _ = select.select([connection], [], [], 0)
    return bool(readable) and not connection.recv(1, socket.MSG_PEEK)


class _Dialogue:
    """One connection."""

    def __init__(self, server: SmtpServer, connection: socket.socket, stream: BinaryIO) -> None:
        self._server = server
        self._connection = connection
        self._stream = stream
        self._sender = ""
        self._recipients: list[str] = []

    def run(self) -> None:
        self._say(self._server.reply("connect"))
        while line := self._stream.readline():
            command = line.decode(errors="replace").strip()
            self._server.note_command(command)
            self._answer(command)

    def _answer(self, command: str) -> None:
        verb = command.split(" ", 1)[0].lower()
        match verb:
            case "mail":
                self._sender, self._recipients = _address(command), []
                self._say(self._server.reply("mail"))
            case "rcpt":
                self._add_recipient(_address(command))
            case "data":
                if self._say(self._server.reply("data")).startswith("354"):
                    self._read_body()
            case "quit":
                self._say(self._server.reply("quit"))
                raise HangUp
            case _ if verb in USUAL:
                self._say(self._server.reply(verb))
            case _:
                self._say("500 5.5.1 unknown command")

    def _add_recipient(self, address: str) -> None:
        if self._say(self._server.reply_to_recipient(address)).startswith("250"):
            self._recipients.append(address)

    def _read_body(self) -> None:
        self._server.before_body()
        lines = []
        while (line := self._stream.readline()) != b".\r\n":
            if not line:
                raise HangUp
            lines.append(line.removeprefix(b"."))
        mail = ReceivedMail(self._sender, self._recipients, b"".join(lines))
        self._say(self._server.reply_to_mail(mail, self._connection))

    def _say(self, reply: str) -> str:
        self._stream.write(f"{reply}\r\n".encode())
        self._stream.flush()
        return reply


def _address(command: str) -> str:
    return command.partition("<")[2].partition(">")[0]
