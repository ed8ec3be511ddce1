"""gunicorn with the configuration of the service, as a process."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from gunicorn.asgi.protocol import _RequestHeaderPolicy
from gunicorn.config import Config

from jobs.tests.waiting import wait_until
from scheduler import gunicorn_conf
from tools.child import Child
from tools.ports import listen, port_of


@dataclass(frozen=True)
class Api:
    """A running API and what it has written so far."""

    url: str
    log_file: Path

    @property
    def access_log(self) -> str:
        lines = self.log_file.read_text().splitlines()
        return "\n".join(line for line in lines if "scheduler.serving.access_log" in line)

    def get(self, path: str, **headers: str) -> int:
        """The status of the answer."""
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One process of the API, on a port of its own, for all tests of this file."""
    with listen(18_000) as listener:
        descriptor = listener.fileno()
        child = Child(
            "gunicorn",
            [
                *("-m", "gunicorn", "--config", "python:scheduler.gunicorn_conf"),
                *("--bind", f"fd://{descriptor}", "scheduler.wsgi"),
            ],
            log=tmp_path_factory.mktemp("api") / "gunicorn.log",
            environment={**os.environ, "WEB_CONCURRENCY": "1", "LOG_FORMAT": "json"},
            inherit=[descriptor],
        )
        try:
            yield Api(f"http://127.0.0.1:{port_of(listener)}", child.log)
        finally:
            child.stop(30)


def test_the_access_log_has_the_path_and_no_token(api: Api) -> None:
    status = api.get("/no-such-path?token=in-the-query", Authorization="Bearer in-the-header")
    assert status == 404
    wait_until(lambda: "GET /no-such-path" in api.access_log)
    assert "in-the-query" not in api.access_log
    assert "in-the-header" not in api.access_log


def test_every_line_of_a_request_has_its_id_and_an_event(api: Api) -> None:
    api.get("/no-such-path", **{"X-Request-ID": "req-7"})
    wait_until(lambda: "GET /no-such-path" in api.access_log)

    lines = [json.loads(line) for line in api.log_file.read_text().splitlines() if "req-7" in line]

    refused, answered = lines
    assert (refused["event"], refused["logger"]) == ("request.refused", "django.request")
    assert (answered["event"], answered["logger"]) == (
        "request.answered",
        "scheduler.serving.access_log",
    )
    assert (answered["method"], answered["path"]) == ("GET", "/no-such-path")
    assert answered["status_code"] == 404
    assert {line["request_id"] for line in lines} == {"req-7"}


def test_probes_that_went_well_leave_no_line(api: Api) -> None:
    assert api.get("/health/live") == 200
    assert api.get("/health/no-such-probe") == 404
    wait_until(lambda: "GET /health/no-such-probe" in api.access_log)
    assert "GET /health/live" not in api.access_log


def test_gunicorn_itself_believes_no_header_about_https() -> None:
    """TRUSTED_PROXIES alone says which proxies there are; by default gunicorn trusts 127.0.0.1."""
    config = Config()
    for name, value in vars(gunicorn_conf).items():
        if name in config.settings:
            config.set(name, value)
    request = SimpleNamespace(headers_bytes=[(b"x-forwarded-proto", b"https")], scheme="http")
    _RequestHeaderPolicy(config, ("127.0.0.1", 4711), "http", (1, 1)).apply(request)
    assert request.scheme == "http"
