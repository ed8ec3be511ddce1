"""A real Prometheus reads the figures of a real service, and takes the alert rules of docs/."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.core.actor import CODE
from jobs.services.queues import queue_pause
from jobs.tests.acceptance.client import Client
from jobs.tests.acceptance.processes import Service
from jobs.tests.waiting import wait_until
from tools.checkout import CHECKOUT
from tools.servers.prometheus import Prometheus, find_program

HISTOGRAMS = ("_wait_seconds", "_duration_seconds")
TOKEN = "a-token-for-the-scraper"
RULES = CHECKOUT / "docs" / "prometheus-alerts.yml"
METRICS = CHECKOUT / "docs" / "metrics.md"


@pytest.fixture
def address(service: Service) -> str:
    return service.api(METRICS_TOKEN=TOKEN)


@pytest.fixture
def prometheus(address: str, tmp_path: Path) -> Iterator[Prometheus]:
    prometheus = Prometheus(tmp_path / "prometheus", address.removeprefix("http://"), TOKEN)
    prometheus.start()
    yield prometheus
    prometheus.stop()


def value(prometheus: Prometheus, expression: str) -> float | None:
    """Of its one series; None if it has none."""
    found: list[dict[str, Any]] = prometheus.query(expression)
    return float(found[0]["value"][1]) if found else None


def test_prometheus_reads_every_figure_of_the_documentation(
    service: Service, address: str, prometheus: Prometheus
) -> None:
    documented = re.findall(r"^\| `([a-z_]+)`", METRICS.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(documented) == 12
    Client(address).sign_up().add_job("tests.note", {"text": "waits"})
    service.worker("worker-1", "--queues", "emails")
    queue_pause(name="bulk", actor=CODE, reason="moving")
    wait_until(lambda: value(prometheus, "workers_up") == 1, 30)
    wait_until(lambda: value(prometheus, 'jobs_depth{queue="default",state="ready"}') == 1, 30)
    wait_until(lambda: value(prometheus, 'queue_paused{queue="bulk"}') == 1, 30)
    assert value(prometheus, 'sum(jobs_dispatched{queue="default"})') == 1
    first = value(prometheus, 'jobs_oldest_ready_age_seconds{queue="default"}')
    assert first is not None
    wait_until(
        lambda: (value(prometheus, 'jobs_oldest_ready_age_seconds{queue="default"}') or 0) > first,
        30,
    )
    service.worker("worker-2", "--queues", "default")
    finished = 'jobs_finished_total{type="tests.note",outcome="succeeded"}'
    wait_until(lambda: value(prometheus, finished) == 1, 30)
    assert value(prometheus, 'jobs_run_duration_seconds_bucket{le="+Inf"}') == 1
    # Without a dead letter there is no series of it; a histogram has several.
    parts = {name: f"{name}_bucket" for name in documented if name.endswith(HISTOGRAMS)}
    missing = {name for name in documented if not prometheus.query(parts.get(name, name))}
    assert missing == {"jobs_dead"}


def test_promtool_takes_the_alert_rules_and_prometheus_their_expressions(
    prometheus: Prometheus,
) -> None:
    checked = subprocess.run(
        [find_program("promtool"), "check", "rules", str(RULES)], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
    rules = RULES.read_text(encoding="utf-8")
    expressions = re.findall(r"expr: (?:>-)?\s*(.+?)\n +(?:for|labels):", rules, re.DOTALL)
    assert len(expressions) == rules.count("- alert:") == 9
    wait_until(lambda: value(prometheus, "up") == 1, 30)
    for expression in expressions:
        prometheus.query(expression)
    # Each name in them is one that the service has.
    names = set(
        re.findall(r"\b(?:jobs|queue|workers|schedules|redis)_[a-z_]+", " ".join(expressions))
    )
    text = METRICS.read_text(encoding="utf-8")
    assert [name for name in sorted(names) if f"| `{name}` |" not in text] == []
