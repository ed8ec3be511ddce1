"""`runworker --health-port`: serves the worker's health, so that a probe can restart it."""

import json
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from jobs.worker.process.health import WorkerHealth


class HealthServer:
    """Serves GET /health: 200 with `"status": "ok"`, else 503 with what is wrong."""

    def __init__(self, host: str, port: int, health: Callable[[], WorkerHealth]) -> None:
        """Binds the port; raises OSError if it is taken. `health` is called for each request."""
        self._server = ThreadingHTTPServer((host, port), _handler(health))
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        """The bound port: one that was free where 0 was asked for."""
        return self._server.server_port

    def start(self) -> None:
        """Serves from a thread of its own."""
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()

    def stop(self) -> None:
        """Serves no more, and lets go of the port."""
        self._server.shutdown()
        self._server.server_close()


def _handler(health: Callable[[], WorkerHealth]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.rstrip("/") != "/health":
                self.send_error(HTTPStatus.NOT_FOUND, "only /health is served here")
                return
            told = health()
            is_well = told["status"] == "ok"
            body = json.dumps(told).encode()
            self.send_response(HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Probes are not worth a log line."""

    return Handler
