"""Ports of 127.0.0.1: a free one, or one that a child process inherits as a listening socket."""

import random
import socket
from contextlib import suppress

from tools.errors import ToolError

_TRIES = 100

# Below the range from which Linux takes the ports of outgoing connections (32768 and up): no
# connection takes the port between finding it free and listening on it.
_PORTS = range(20_000, 32_000)

# What this process has been told: several servers may choose their ports before the first listens.
_told: set[int] = set()


def free_port() -> int:
    """Returns a port on which nothing listens, another each time; `ToolError` if none is free."""
    for port in random.sample(_PORTS, 200):
        if port in _told:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                _told.add(port)
                return port
    raise ToolError(
        f"No free port between {_PORTS.start} and {_PORTS.stop} on 127.0.0.1; "
        "set DATABASE_URL and REDIS_URL to servers of your own."
    )


def listen(port: int) -> socket.socket:
    """Listens on `port`, or on the next one that is free; raises `ToolError` if none is."""
    for candidate in range(port, min(port + _TRIES, 65_536)):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it: an answer in two parts would wait 40 ms for the second part.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listener.bind(("127.0.0.1", candidate))
            listener.listen(128)
        except PermissionError:
            listener.close()
            raise ToolError(
                f"Port {candidate} is reserved for root; choose one above 1023."
            ) from None
        except OSError:
            listener.close()
        else:
            return listener
    raise ToolError(f"No port from {port} on is free on 127.0.0.1.")


def port_of(listener: socket.socket) -> int:
    """Returns the port that a socket listens on."""
    return int(listener.getsockname()[1])
