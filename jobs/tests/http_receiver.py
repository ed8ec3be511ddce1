"""A receiver of HTTP calls on a real socket, which answers as a test scripts it."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

Answer = Callable[[socket.socket], None]

_ACCEPT_SECONDS = 0.1


def plain_answer(status: int = 200, body: bytes = b"ok", *headers: str) -> bytes:
    """A whole answer with the length of its body."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class HttpReceiver:
    """Listens until it is left. `requests`: each as it was received, head and body.

    What a client has not sent to its end, because it was killed, is no request.
    """

    def __init__(
        self,
        answer: bytes | Answer | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._answer = plain_answer() if answer is None else answer
        self._tls = tls
        self._stop = threading.Event()
        self._listener = socket.create_server((host, port))
        self._listener.settimeout(_ACCEPT_SECONDS)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: object, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._listener.close()

    @property
    def stopping(self) -> threading.Event:
        """Set when the test is over: for answers that never end."""
        return self._stop

    def _serve(self) -> None:
        while not self._stop.is_set():
            with suppress(TimeoutError):
                connection, _ = self._listener.accept()
                self.connections += 1
                with suppress(OSError), connection:
                    connection.settimeout(10)
                    if self._tls is None:
                        self._talk(connection)
                    else:
                        with self._tls.wrap_socket(connection, server_side=True) as secured:
                            self._talk(secured)

    def _talk(self, connection: socket.socket) -> None:
        self.requests.append(_read_request(connection))
        if callable(self._answer):
            self._answer(connection)
        else:
            connection.sendall(self._answer)


def _read_request(connection: socket.socket) -> bytes:
    """Raises ConnectionError if the client ends before the request does."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _part(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        body += _part(connection)
    return head + b"\r\n\r\n" + body


def _part(connection: socket.socket) -> bytes:
    part = connection.recv(65_536)
    if not part:
        raise ConnectionError("the client has ended the connection amid its request")
    return part
