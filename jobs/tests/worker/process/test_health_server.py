"""GET /health of a worker: its status code is what a probe acts on."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection

import pytest

from jobs.worker.process import bounded_server
from jobs.worker.process.health import WorkerHealth
from jobs.worker.process.health_server import HealthServer

TOKEN = "a-token-for-the-scraper"


@pytest.fixture
def health() -> WorkerHealth:
    return {
        "status": "ok",
        "worker": "worker-1",
        "loop_age_seconds": 0.1,
        "slot_age_seconds": 0.0,
        "lease_held": True,
        "jobs_in_hand": 3,
        "postgresql": "ok",
        "redis": "down",
    }


@pytest.fixture
def server(health: WorkerHealth) -> Iterator[HealthServer]:
    server = HealthServer("127.0.0.1", 0, lambda: health, lambda: b"up 1\n", TOKEN)
    server.start()
    yield server
    server.stop()


def get(server: HealthServer, path: str, **headers: str) -> tuple[int, str, bytes]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    answer = response.status, response.getheader("Content-Type", ""), response.read()
    connection.close()
    return answer


@pytest.mark.parametrize("path", ["/health", "/health/", "http://worker:8080/health?a=/b"])
def test_a_worker_that_is_well_answers_200(
    path: str, server: HealthServer, health: WorkerHealth
) -> None:
    status, content_type, body = get(server, path)
    assert (status, content_type) == (200, "application/json")
    assert json.loads(body) == health


def test_an_unresponsive_worker_answers_503_and_says_why(
    server: HealthServer, health: WorkerHealth
) -> None:
    health["status"] = "unresponsive"
    status, _, body = get(server, "/health")
    assert status == 503
    assert json.loads(body)["status"] == "unresponsive"


def test_nothing_else_is_served(server: HealthServer) -> None:
    for path in ("/", "/?/health", "http://health", "http:///x/health", "ftp://a/health"):
        assert get(server, path)[0] == 404


def test_a_port_that_is_taken_is_an_error(server: HealthServer, health: WorkerHealth) -> None:
    with pytest.raises(OSError, match="in use"):
        HealthServer("127.0.0.1", server.port, lambda: health)


def test_figures_are_for_the_token_alone(server: HealthServer) -> None:
    status, content_type, body = get(server, "/metrics", Authorization=f"Bearer {TOKEN}")
    assert (status, body) == (200, b"up 1\n")
    assert content_type.startswith("text/plain; version=0.0.4")
    for sent in ("", "Bearer ", TOKEN, f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer \xfc"):
        assert get(server, "/metrics", Authorization=sent)[0] == 401


@pytest.mark.parametrize("token", ["", TOKEN])
def test_without_a_token_or_figures_they_are_closed(token: str, health: WorkerHealth) -> None:
    server = HealthServer("127.0.0.1", 0, lambda: health, None if token else bytes, token)
    server.start()
    for sent in ("Bearer ", f"Bearer {TOKEN}"):
        assert get(server, "/metrics", Authorization=sent)[0] == 404
    server.stop()


HALVES = [b"", b"GET /hea", b"GET /health HTTP/1.1\r\nHost: lo"]


def test_half_a_request_ends_in_time(
    server: HealthServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bounded_server, "CONNECTION_SECONDS", 1.0)
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 20))
            for _ in HALVES
        ]
        for client, half in zip(clients, HALVES, strict=True):
            client.sendall(half)
        assert [client.recv(100) for client in clients] == [b""] * len(HALVES)
    assert "Traceback" not in capfd.readouterr().err


def test_half_requests_do_not_keep_a_probe_waiting(
    server: HealthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_server, "CONNECTION_SECONDS", 600.0)  # none ends by its time
    with ExitStack() as stack:
        for number in range(2 * bounded_server.CONNECTIONS_MAX):
            connection = socket.create_connection(("127.0.0.1", server.port), 20)
            stack.enter_context(connection).sendall(HALVES[number % len(HALVES)])
        assert get(server, "/health")[0] == 200
        assert len(server._server._late_at) <= bounded_server.CONNECTIONS_MAX
