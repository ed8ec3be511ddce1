"""GET /health of a worker: its status code is what a probe acts on."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from jobs.worker.process.health import WorkerHealth
from jobs.worker.process.health_server import HealthServer


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
    server = HealthServer("127.0.0.1", 0, lambda: health)
    server.start()
    yield server
    server.stop()


def get(server: HealthServer, path: str) -> tuple[int, str, bytes]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", path)
    response = connection.getresponse()
    answer = response.status, response.getheader("Content-Type", ""), response.read()
    connection.close()
    return answer


@pytest.mark.parametrize("path", ["/health", "/health/"])
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
    assert get(server, "/")[0] == 404


def test_a_port_that_is_taken_is_an_error(server: HealthServer, health: WorkerHealth) -> None:
    with pytest.raises(OSError, match="in use"):
        HealthServer("127.0.0.1", server.port, lambda: health)
