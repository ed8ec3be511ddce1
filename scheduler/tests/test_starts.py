"""What a worker, and a command of an operator, load when they start; and what they do not."""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from jobs.core.loading import loading_begins
from jobs.worker.process.memory import freeze_memory
from scheduler import gunicorn_conf
from scheduler.env import BASE_DIR

# Pages, calls, and the libraries of these: to load them is a third of a start, and 16 MB.
OF_THE_API = (
    *("accounts.api", "jobs.admin", "jobs.api", "scheduler.http", "scheduler.openapi"),
    *("scheduler.serving", "scheduler.urls", "drf_spectacular", "prometheus_client", "gunicorn"),
)
OF_OTHERS = {
    "runworker": OF_THE_API,
    # It prints what the API answers.
    "jobs": (*(one for one in OF_THE_API if one != "jobs.api"), "jobs.worker"),
}

# manage.py, which says at its end what it has loaded, and how often it looked for garbage.
PROGRAM = """
import atexit, gc, json, sys
import manage

def tell():
    passes = sum(generation["collections"] for generation in gc.get_stats())
    print(json.dumps({"modules": list(sys.modules), "passes": passes, "enabled": gc.isenabled()}))

atexit.register(tell)
manage.main()
"""


@dataclass(frozen=True)
class Start:
    """What a process has told."""

    modules: list[str]
    passes: int
    enabled: bool


def started(*arguments: str) -> Start:
    """The command as far as it comes without PostgreSQL: everything is loaded by then."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=BASE_DIR,
        env={**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "PostgreSQL" in done.stderr, done.stderr
    return Start(**json.loads(done.stdout))


@pytest.mark.parametrize("arguments", [["runworker"], ["jobs", "queues"]])
def test_a_start_loads_no_page_and_looks_for_no_garbage(arguments: list[str]) -> None:
    start = started(*arguments)
    loaded = [
        module
        for module in start.modules
        if any(f"{module}.".startswith(f"{name}.") for name in OF_OTHERS[arguments[0]])
    ]
    assert not loaded
    # A hundred and more where the garbage collector is at work meanwhile, by the version of Python.
    assert start.passes < 50
    assert start.enabled


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Whether the collector was enabled, each time that it was told to leave alone what is there.

    It is not told so: this process is to be looked through to its end.
    """
    seen: list[bool] = []
    monkeypatch.setattr(gc, "freeze", lambda: seen.append(gc.isenabled()))
    yield seen
    gc.enable()


def test_a_worker_collects_once_it_is_loaded(frozen: list[bool]) -> None:
    loading_begins()
    freeze_memory()
    assert frozen == [False]
    assert gc.isenabled()


def test_a_process_of_the_api_collects_once_it_is_loaded(
    frozen: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.services.tracing_sdk.tracing_start", lambda name: None)
    gunicorn_conf.post_fork(None, None)
    gunicorn_conf.post_worker_init(None)
    assert frozen == [False]
    assert gc.isenabled()
