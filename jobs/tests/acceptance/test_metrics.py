"""A real Prometheus reads a real service and a real worker, and takes the alert rules of docs/."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from jobs.core.actor import CODE
from jobs.services.queues import queue_pause
from jobs.tests.acceptance.client import Client
from jobs.tests.acceptance.processes import Process, Service
from jobs.tests.waiting import wait_until
from tools.checkout import CHECKOUT
from tools.ports import free_port
from tools.servers.prometheus import API_JOB, WORKER_JOB, Prometheus, find_promtool

HISTOGRAMS = (
    *("_wait_seconds", "_duration_seconds", "_lag_seconds", "_end_to_end_seconds"),
    "_claim_jobs",
)
TOKEN = "a-token-for-the-scraper"
RULES = CHECKOUT / "docs" / "prometheus-alerts.yml"
METRICS = CHECKOUT / "docs" / "metrics.md"
OPERATING = CHECKOUT / "docs" / "operating.md"
DOCUMENTED = re.findall(r"^\| `([a-z_]+)`", METRICS.read_text(encoding="utf-8"), re.MULTILINE)
ALERTS = re.findall(
    r"expr: (?:>-)?\s*(.+?)\n +(?:for|labels):", RULES.read_text(encoding="utf-8"), re.DOTALL
)
DASHBOARD = json.loads((CHECKOUT / "docs" / "grafana-dashboard.json").read_text(encoding="utf-8"))
# Grafana fills in its variables.
PANELS = [
    target["expr"].replace("$queue", ".*").replace("$__rate_interval", "1m")
    for panel in DASHBOARD["panels"]
    for target in panel.get("targets", [])
]
# What docs/operating.md scales workers by.
SCALERS = re.findall(r"^ +query: (.+)$", OPERATING.read_text(encoding="utf-8"), re.MULTILINE)
# What docs/metrics.md promises by.
LEVELS = re.findall(r"```promql\n(.+?)\n```", METRICS.read_text(encoding="utf-8"), re.DOTALL)
SECRET = "correct-horse-battery"
FIELDS = {"job_id", "job_type", "queue", "attempt", "worker", "request_id", "trace_id"}


class Scraped(NamedTuple):
    """An API of two processes, each of which answers 30 requests, a worker, and their figures."""

    api: Process
    address: str
    worker: Process
    prometheus: Prometheus

    def value(self, expression: str) -> float | None:
        """Of its one series; None if it has none."""
        found: list[dict[str, Any]] = self.prometheus.query(expression)
        return float(found[0]["value"][1]) if found else None

    def wait_for(self, expression: str, value: float) -> None:
        wait_until(lambda: self.value(expression) == value, 30, expression)


@pytest.fixture
def scraped(service: Service, tmp_path: Path) -> Iterator[Scraped]:
    api, address = service.api_process(
        2, METRICS_TOKEN=TOKEN, GUNICORN_CMD_ARGS="--max-requests 30 --max-requests-jitter 0"
    )
    port = str(free_port())
    worker = service.worker(
        *("worker-1", "--queues", "default", "--health-port", port),
        METRICS_TOKEN=TOKEN,
        LOG_FORMAT="json",
    )
    targets = {API_JOB: address.removeprefix("http://"), WORKER_JOB: f"127.0.0.1:{port}"}
    prometheus = Prometheus(tmp_path / "prometheus", targets, TOKEN)
    prometheus.start()
    yield Scraped(api, address, worker, prometheus)
    prometheus.stop()


@pytest.mark.timeout(300)
def test_prometheus_reads_service_and_worker(scraped: Scraped) -> None:
    """One start of all processes for several questions."""
    client = Client(scraped.address).sign_up()
    every_documented_figure_is_there(scraped, client)
    every_request_is_counted(scraped, client)
    lines_about_jobs_are_whole_and_show_no_secret(scraped)
    it_takes_the_expressions_of(scraped, ALERTS)
    it_takes_the_expressions_of(scraped, PANELS)
    it_takes_the_expressions_of(scraped, SCALERS)
    it_takes_the_expressions_of(scraped, LEVELS)
    assert (len(SCALERS), len(LEVELS)) == (1, 4)


def every_documented_figure_is_there(scraped: Scraped, client: Client) -> None:
    assert len(DOCUMENTED) == len(set(DOCUMENTED)) == 49
    client.add_job("tests.note", {"text": "works", "secret": SECRET})
    client.add_job("tests.note", {"text": "fails", "secret": SECRET, "failures": 1})
    client.add_job("send_email", {"to": ["ada@example.com"], "subject": "a", "text": "b"})
    queue_pause(name="bulk", actor=CODE, reason="moving")
    scraped.wait_for("workers_up", 1)
    scraped.wait_for('jobs_depth{queue="emails",state="ready"}', 1)
    scraped.wait_for('queue_paused{queue="bulk"}', 1)
    scraped.wait_for('jobs_finished_total{type="tests.note",outcome="succeeded"}', 2)
    scraped.wait_for('worker_finished_total{type="tests.note",outcome="succeeded"}', 2)
    scraped.wait_for('worker_finished_total{type="tests.note",outcome="retried"}', 1)
    scraped.wait_for('sum(jobs_claimed_total{queue="default",type="tests.note"})', 3)
    for name in ("jobs_run_duration_seconds", "worker_run_duration_seconds"):
        assert scraped.value(f'{name}_bucket{{queue="default",le="+Inf"}}')
    first = scraped.value('jobs_oldest_ready_age_seconds{queue="emails"}') or 0
    wait_until(
        lambda: (scraped.value('jobs_oldest_ready_age_seconds{queue="emails"}') or 0) > first, 30
    )
    enqueued = 'jobs_enqueued_total{type="tests.note",source="client"}'
    scraped.wait_for(f"sum({enqueued})", 2)
    scraped.wait_for('jobs_retries_total{type="tests.note",reason="failed"}', 1)
    scraped.wait_for('jobs_end_to_end_seconds_count{queue="default"}', 2)
    assert (scraped.value('jobs_dispatch_lag_seconds_count{job="job-scheduler"}') or 0) >= 2
    # Of what has not been there is no series; a histogram has several.
    parts = {name: f"{name}_bucket" for name in DOCUMENTED if name.endswith(HISTOGRAMS)}
    missing = {name for name in DOCUMENTED if not scraped.prometheus.query(parts.get(name, name))}
    assert missing == {"jobs_dead", "jobs_cell_info"}


def every_request_is_counted(scraped: Scraped, client: Client) -> None:
    """Also those of processes that have ended meanwhile."""
    for _ in range(60):
        assert client.get("/v1/jobTypes")[0] == 200
    assert client.get("/jobs/no-such-job")[0] == 404
    calls = 'api_requests_total{route="/jobTypes",method="GET",status="200"}'
    scraped.wait_for(calls, 60)
    scraped.wait_for('api_requests_total{route="/jobs/<id>",status="404"}', 1)
    scraped.wait_for('api_request_duration_seconds_count{route="/jobTypes",method="GET"}', 60)
    assert scraped.api.log.read_text().count("Autorestarting worker") >= 2


def lines_about_jobs_are_whole_and_show_no_secret(scraped: Scraped) -> None:
    text = scraped.worker.log.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    about_jobs = [line for line in lines if "job_id" in line]
    events = {line["event"] for line in about_jobs}
    assert {"job.started", "job.retried"} <= events
    assert [line for line in about_jobs if not line.keys() >= FIELDS] == []
    assert {line["worker"] for line in lines} == {"worker-1"}
    assert SECRET not in text + scraped.api.log.read_text()


def it_takes_the_expressions_of(scraped: Scraped, expressions: list[str]) -> None:
    for expression in expressions:
        scraped.prometheus.query(expression)
    assert names_in(expressions) - set(DOCUMENTED) == set()


def names_in(expressions: list[str]) -> set[str]:
    """The figures that they ask for, without the parts of a histogram."""
    pattern = r"\b(?:jobs|queue|workers?|schedules|redis|api|log|process|table|admin)_[a-z_]+"
    found = re.findall(pattern, re.sub(r'"[^"]*"', "", " ".join(expressions)))
    return {re.sub("_(bucket|sum|count)$", "", name) for name in found}


def test_promtool_takes_the_alert_rules_and_the_dashboard(tmp_path: Path) -> None:
    recorded = [{"record": "a_panel", "expr": expression} for expression in PANELS]
    panels = tmp_path / "panels.yml"
    # Each in a group of its own: JSON is YAML, too.
    groups = [{"name": f"{number}", "rules": [one]} for number, one in enumerate(recorded)]
    panels.write_text(json.dumps({"groups": groups}))
    for rules in (RULES, panels):
        command = [str(find_promtool()), "check", "rules", str(rules)]
        checked = subprocess.run(command, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
    assert len(ALERTS) == RULES.read_text(encoding="utf-8").count("- alert:") == 15


def test_no_panel_of_the_dashboard_is_empty() -> None:
    panels = [one for one in DASHBOARD["panels"] if one["type"] != "row"]
    assert all(one["title"] and one["targets"] for one in panels)
    assert len(PANELS) > len(panels) > 30
    assert len({one["id"] for one in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
