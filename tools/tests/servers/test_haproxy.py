"""The example of deploy/cells under HAProxy: which cell a call goes to."""

import base64
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tools.checkout import CHECKOUT
from tools.servers.haproxy import HAProxy

EXAMPLE = CHECKOUT / "deploy" / "cells" / "haproxy.cfg"
EU, US = "eu", "us"


class Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """HAProxy does not wait for the end of the answer to a probe."""


def cell(name: str) -> ThreadingHTTPServer:
    """An API that answers with its name and the path that it was asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.dumps({"cell": name, "path": self.path}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - as the server calls it

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@dataclass
class Front:
    """What clients see of both cells."""

    port: int

    def call(
        self, method: str, path: str, body: object = None, **fields: str
    ) -> tuple[int, dict[str, Any]]:
        """The status and the body of the answer."""
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        content = None if body is None else json.dumps(body)
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())

    def cell_of(self, method: str, path: str, body: object = None, **fields: str) -> str:
        """The name of the cell that has answered."""
        status, said = self.call(method, path, body, **fields)
        assert status == 200
        return str(said["cell"])


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    cells = {"EU": cell(EU), "US": cell(US)}
    addresses = {name: f"127.0.0.1:{one.server_port}" for name, one in cells.items()}
    haproxy = HAProxy(Path(tmp_path_factory.mktemp("haproxy")), EXAMPLE, addresses)
    haproxy.start()
    try:
        yield Front(haproxy.port)
    finally:
        haproxy.stop()
        for one in cells.values():
            one.shutdown()
            one.server_close()


def token(**claims: object) -> str:
    """A bearer token with these claims, which the cell would have to verify."""
    parts: list[dict[str, object]] = [{"alg": "HS256", "typ": "JWT"}, claims, {}]
    texts = [
        base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts
    ]
    return f"Bearer {'.'.join(texts)}"


def test_a_link_leads_to_its_cell(front: Front) -> None:
    status, said = front.call("GET", "/cells/us/jobs/0198?wait=20")
    assert (status, said) == (200, {"cell": US, "path": "/jobs/0198?wait=20"})
    assert front.cell_of("GET", "/cells/eu/v1/jobs") == EU


def test_the_cell_that_has_answered_is_asked_again(front: Front) -> None:
    assert front.cell_of("GET", "/jobs/0198", Jobs_Cell=US) == US


def test_a_token_leads_to_the_cell_that_has_made_it(front: Front) -> None:
    ours = token(iss="job-scheduler/us", sub="7")
    assert front.cell_of("GET", "/jobs/0198", Authorization=ours) == US
    assert front.cell_of("GET", "/jobs", Authorization=token(iss="job-scheduler/eu")) == EU


def test_a_tenant_has_its_cell(front: Front) -> None:
    acme = token(iss="https://login.example.com", tenant="acme")
    assert front.cell_of("POST", "/addJob", {"type": "x"}, Authorization=acme) == US
    other = token(iss="https://login.example.com", tenant="other")
    assert front.cell_of("POST", "/addJob", {"type": "x"}, Authorization=other) == EU


def test_a_queue_has_its_cell(front: Front) -> None:
    # As long as a payload may be, and its queue comes last.
    job = {"type": "x", "payload": {"text": "x" * 262_000}, "queue": "reports"}
    assert front.cell_of("POST", "/addJob", job) == US
    assert front.cell_of("POST", "/v1/addJob", {"type": "x", "queue": "reports"}) == US
    assert front.cell_of("POST", "/addJob", {"type": "x", "queue": "default"}) == EU
    assert front.cell_of("POST", "/addJob", {"type": "x"}) == EU


def test_what_says_nothing_goes_to_the_first_cell(front: Front) -> None:
    assert front.cell_of("GET", "/health") == EU
    assert front.cell_of("GET", "/jobs", Authorization="Bearer of.nothing.good") == EU


@pytest.mark.parametrize("path", ["/cells/none/jobs", "/cells//jobs", "/cells/EU/jobs"])
def test_a_cell_that_there_is_not(front: Front, path: str) -> None:
    status, said = front.call("GET", path)
    assert (status, said["code"]) == (404, "cell_not_found")
    assert front.call("GET", "/jobs", Jobs_Cell="none")[0] == 404
