"""`runworker --health-port`: says whether the fetch loop turns, so that a probe can restart it."""

import json
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HEALTHY = "ok"


class HealthServer:
    """Serves GET /health: 200 with `status: ok`, else 503 with what is wrong."""

    def __init__(self, host: str, port: int, report: Callable[[], Mapping[str, Any]]) -> None:
        """Binds the port; raises OSError if it is taken."""
        self._server = ThreadingHTTPServer((host, port), _handler(report))
        self._server.daemon_threads = True

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(report: Callable[[], Mapping[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.rstrip("/") != "/health":
                self.send_error(HTTPStatus.NOT_FOUND, "only /health is served here")
                return
            health = report()
            body = json.dumps(health).encode()
            healthy = health["status"] == HEALTHY
            self.send_response(HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Probes are not worth a line."""

    return Handler
