"""Prometheus, which reads the figures of a service: for the tests of these figures."""

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.debian import find_program
from tools.servers.server import Server

_PACKAGE = "prometheus"
_ASK_SECONDS = 10

# The names of docs/metrics.md.
API_JOB = "job-scheduler"
WORKER_JOB = "job-scheduler-worker"

_CONFIGURATION = """\
global:
  scrape_interval: 1s
scrape_configs:
"""
_JOB = """\
  - job_name: {job}
    authorization:
      credentials: {token}
    static_configs:
      - targets: ["{target}"]
"""


class Prometheus(Server):
    """Scrapes targets each second."""

    name = "Prometheus"

    def __init__(self, home: Path, targets: Mapping[str, str], token: str) -> None:
        """`targets`: hosts and ports by job; `token`: what they take for /metrics."""
        super().__init__(home)
        self._targets = targets
        self._token = token

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        self.data.mkdir(exist_ok=True, mode=0o700)
        configuration = self.data / "prometheus.yml"
        configuration.touch(mode=0o600)
        configuration.write_text(
            _CONFIGURATION
            + "".join(
                _JOB.format(job=job, token=self._token, target=target)
                for job, target in self._targets.items()
            )
        )

    def command(self) -> Sequence[str]:
        return [
            str(find_prometheus()),
            f"--config.file={self.data / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.data / 'series'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--log.level=warn",
        ]

    def answers(self) -> bool:
        try:
            self._get("/-/ready")
        except OSError:
            return False
        return True

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression of PromQL has now, each with `metric` and `value`.

        Raises OSError where Prometheus refuses the expression.
        """
        asked = urllib.parse.urlencode({"query": expression})
        found: list[dict[str, Any]] = json.loads(self._get(f"/api/v1/query?{asked}"))["data"][
            "result"
        ]
        return found

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=_ASK_SECONDS) as answer:  # noqa: S310
            body: bytes = answer.read()
        return body


def find_prometheus() -> Path:
    """The Prometheus of this machine, else one that is fetched once; raises `ToolError`."""
    return find_program("Prometheus", _PACKAGE, "usr/bin/prometheus")


def find_promtool() -> Path:
    """The same of the program that checks rules."""
    return find_program("promtool", _PACKAGE, "usr/bin/promtool")
