"""The real processes that are measured: workers, and the API under gunicorn."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from jobs.models import Worker
from tools.benchmark.stamp_line import STAMPS
from tools.child import Child
from tools.http_client import HttpClient
from tools.ports import free_port

# As the container starts it; see `Dockerfile`.
GUNICORN = ("-m", "gunicorn", "--config", "python:scheduler.gunicorn_conf", "scheduler.wsgi")
API_PROCESSES = 2

STOP_SECONDS = 40.0


@contextmanager
def workers(
    *,
    processes: int = 1,
    queues: str = "default",
    concurrency: int | None = None,
    stamps: str = "",
    database_url: str | None = None,
) -> Iterator[Child]:
    """Gives a `runworker` with that many processes, ready to fetch.

    `database_url`: another way to the database than this process takes.
    """
    arguments = ["-m", "django", "runworker", "--queues", queues, "--processes", str(processes)]
    if concurrency:
        arguments += [
            *("--concurrency", str(concurrency)),
            *("--async-concurrency", str(concurrency)),
        ]
    before = Worker.objects.count()
    environment = {STAMPS: stamps, "DATABASE_URL": database_url or os.environ["DATABASE_URL"]}
    with _running("runworker", arguments, environment) as process:
        process.wait_until(lambda: Worker.objects.count() >= before + processes)
        yield process


@contextmanager
def api() -> Iterator[str]:
    """Gives the address of the API, as it runs in production."""
    with api_process(API_PROCESSES) as (_, address):
        yield address


@contextmanager
def api_process(processes: int) -> Iterator[tuple[Child, str]]:
    """Gives the API with so many processes below this one, and its address."""
    port = free_port()
    client = HttpClient(f"http://127.0.0.1:{port}")
    arguments = [*GUNICORN, "--bind", f"127.0.0.1:{port}", "--workers", str(processes)]
    with _running("gunicorn", arguments, {"GUNICORN_CMD_ARGS": ""}) as process:
        process.wait_until(lambda: client.is_ready("/health/live"))
        yield process, f"127.0.0.1:{port}"


@contextmanager
def _running(name: str, arguments: Sequence[str], env: Mapping[str, str]) -> Iterator[Child]:
    """Its log goes to a file: writing it is part of what is measured."""
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / f"{name}.log"
        child = Child(name, arguments, log=log, environment={**os.environ, **env})
        try:
            yield child
            child.check()
        finally:
            child.stop(STOP_SECONDS)
