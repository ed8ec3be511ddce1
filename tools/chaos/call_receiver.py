"""Hears the calls that tell of the ends of jobs and batches."""

import json
import threading
from collections import Counter
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tools.ports import free_port

HOST = "127.0.0.1"


class CallReceiver:
    """Answers every POST with 204, and notes what it told. `url`: what is to be called."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}/ended"
        self._lock = threading.Lock()
        self._heard: Counter[tuple[str, str]] = Counter()
        self._server: ThreadingHTTPServer | None = None

    @property
    def settings(self) -> dict[str, str]:
        """What opens it to the service."""
        return {
            "JOBS_HTTP_ALLOWED_HOSTS": HOST,
            "JOBS_HTTP_ALLOWED_PORTS": str(self.port),
            "JOBS_HTTP_PRIVATE_HOSTS": HOST,
        }

    def heard(self) -> Mapping[tuple[str, str], int]:
        """How often it heard of each end: by the job that called, and by what it told of."""
        with self._lock:
            return dict(self._heard)

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            """One call."""

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                receiver.note(
                    self.headers.get("Webhook-Id", ""), json.loads(self.rfile.read(length))
                )
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer((HOST, self.port), Handler)
        threading.Thread(target=self._server.serve_forever, name="receiver", daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def note(self, call_id: str, body: Mapping[str, Any]) -> None:
        """A call came in."""
        with self._lock:
            self._heard[call_id, str(body["id"])] += 1
