"""An HTTP server of threads that slow clients cannot hold: there are few connections, and none
lasts."""

import socket
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# From the connection to the end of its answer. A packet that was lost is sent again within 3 s as
# a rule, and an answer takes milliseconds.
CONNECTION_SECONDS = 10.0
# At a time. Those who ask are probes and scrapers: a handful.
CONNECTIONS_MAX = 32


class BoundedServer(ThreadingHTTPServer):
    """Ends connections that are late, and the oldest one where there are too many.

    So a probe has its answer at once, whatever others keep open. One request is answered on each.
    """

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        """Binds the port; raises OSError if it is taken."""
        self._lock = threading.Lock()
        # What is open, the oldest first, and when it is late.
        self._late_at: dict[Any, float] = {}
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Called with each new connection, by the thread that accepts them."""
        with self._lock:
            if len(self._late_at) >= CONNECTIONS_MAX:
                self._end_oldest()
            self._late_at[request] = time.monotonic() + CONNECTION_SECONDS
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Called before each connection is closed, so that nothing closed is ended."""
        with self._lock:
            self._late_at.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Called by the thread that accepts, twice a second and after each connection."""
        now = time.monotonic()
        with self._lock:
            while self._late_at and next(iter(self._late_at.values())) <= now:
                self._end_oldest()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone, or was ended, is no error of the worker."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def _end_oldest(self) -> None:
        """Its thread finds that the client has gone, wherever it waits for it."""
        oldest = next(iter(self._late_at))
        del self._late_at[oldest]
        with suppress(OSError):
            oldest.shutdown(socket.SHUT_RDWR)
