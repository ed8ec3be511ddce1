"""`runworker --health-port`: serves the worker's health to probes, and its figures to scrapers."""

import hmac
import json
import re
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from jobs.worker.process.bounded_server import BoundedServer
from jobs.worker.process.health import WorkerHealth

# What a request target may have before its path (RFC 9112, 3.2.2).
_SERVER = re.compile(r"https?://[^/?]*", re.IGNORECASE)

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class HealthServer:
    """Serves GET /health: 200 with `"status": "ok"`, else 503 with what is wrong.

    And GET /metrics to callers that send the token; without one it is closed.
    """

    def __init__(
        self,
        host: str,
        port: int,
        health: Callable[[], WorkerHealth],
        metrics: Callable[[], bytes] | None = None,
        metrics_token: str = "",
    ) -> None:
        """Binds the port; raises OSError if it is taken.

        `health`, and `metrics` (the text format of Prometheus), are called for each request.
        """
        self._server = BoundedServer((host, port), _handler(health, metrics, metrics_token))

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


def _handler(
    health: Callable[[], WorkerHealth], metrics: Callable[[], bytes] | None, token: str
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server = _SERVER.match(self.path)
            target = self.path[server.end() :] if server else self.path
            match target.partition("?")[0].rstrip("/"):
                case "/health":
                    self._answer_health()
                case "/metrics" if metrics is not None and token:
                    self._answer_metrics(metrics)
                case _:
                    self.send_error(HTTPStatus.NOT_FOUND, "only /health is served here")

        def _answer_health(self) -> None:
            told = health()
            is_well = told["status"] == "ok"
            status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, "application/json", json.dumps(told).encode())

        def _answer_metrics(self, metrics: Callable[[], bytes]) -> None:
            scheme, _, sent = self.headers.get("Authorization", "").partition(" ")
            wanted = token.encode()
            if scheme.lower() != "bearer" or not hmac.compare_digest(sent.strip().encode(), wanted):
                sentence = b"Send METRICS_TOKEN as a bearer token.\n"
                self._answer(HTTPStatus.UNAUTHORIZED, "text/plain", sentence)
                return
            self._answer(HTTPStatus.OK, METRICS_TYPE, metrics())

        def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            if status == HTTPStatus.UNAUTHORIZED:
                self.send_header("WWW-Authenticate", 'Bearer realm="metrics"')
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Probes are not worth a log line."""

    return Handler
