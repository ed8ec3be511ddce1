"""Sockets with one deadline for all that is read and written.

The timeout of a plain socket begins anew with each call: a receiver that sends one byte a second
would hold a worker's thread for as long as it likes.
"""

import socket
import ssl
import time
from typing import Any


class DeadlinePassed(TimeoutError):
    """The time of the call is over."""


class _Deadline:
    """`ends_at`: a moment of `time.monotonic`, in seconds."""

    ends_at: float = float("inf")

    def allow_time_left(self: Any) -> None:
        """Lets the next call take what is left; raises DeadlinePassed."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise DeadlinePassed("the time of the call is over")
        self.settimeout(left)

    def recv_into(self: Any, *args: Any) -> Any:
        self.allow_time_left()
        return super().recv_into(*args)  # type: ignore[misc]

    def send(self: Any, *args: Any) -> Any:
        self.allow_time_left()
        return super().send(*args)  # type: ignore[misc]

    def sendall(self: Any, *args: Any) -> Any:
        self.allow_time_left()
        return super().sendall(*args)  # type: ignore[misc]


class DeadlineSocket(_Deadline, socket.socket):
    """A plain socket with a deadline."""


class DeadlineTLSSocket(_Deadline, ssl.SSLSocket):
    """A socket under TLS with a deadline."""
