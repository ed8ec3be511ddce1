"""Ports of 127.0.0.1, taken for good: a child inherits the listening socket."""

import socket

from tools.development.errors import DevelopmentError

_TRIES = 100


def listen(port: int) -> socket.socket:
    """Listens on `port`, or on the next one that is free."""
    for candidate in range(port, min(port + _TRIES, 65_536)):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Inherited by the connections: an answer in two parts would wait 40 ms for the second.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listener.bind(("127.0.0.1", candidate))
            listener.listen(128)
        except PermissionError:
            listener.close()
            raise DevelopmentError(
                f"Port {candidate} is reserved for root; choose one above 1023."
            ) from None
        except OSError:
            listener.close()
        else:
            return listener
    raise DevelopmentError(f"No port from {port} on is free on 127.0.0.1.")


def port_of(listener: socket.socket) -> int:
    """The port it listens on."""
    return int(listener.getsockname()[1])
