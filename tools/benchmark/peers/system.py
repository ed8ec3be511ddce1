"""The systems that are measured, and what each needs to run."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tools.benchmark.peers.packages import node_with_peers, python_with_packages


@dataclass(frozen=True)
class Place:
    """Where the driver of a system runs: its Python, and more of its environment."""

    python: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class System:
    """`title`: for people. `place` finds what it needs, or raises `ToolError`."""

    name: str
    title: str
    place: Callable[[], Place]


def _here() -> Place:
    return Place(sys.executable, {})


def _in_python() -> Place:
    return Place(python_with_packages(), {})


def _in_node() -> Place:
    """The driver itself needs nothing but psycopg."""
    node = node_with_peers()
    return Place(sys.executable, {"BENCHMARK_NODE": node.program, "NODE_PATH": str(node.packages)})


OURS = System("ours", "ours", _here)
PEERS = (
    System("graphile", "graphile-worker", _in_node),
    System("pgqueuer", "pgqueuer", _in_python),
    System("procrastinate", "procrastinate", _in_python),
    System("celery", "Celery", _in_python),
)
