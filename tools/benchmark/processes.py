"""The real processes that are measured: workers, and the API under gunicorn."""

import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from jobs.models import Worker
from tools.benchmark.errors import BenchmarkError
from tools.benchmark.waiting import wait_until
from tools.checkout import CHECKOUT
from tools.ports import free_port

# As the container starts it; see `Dockerfile`.
GUNICORN = ("-m", "gunicorn", "--config", "python:scheduler.gunicorn_conf", "scheduler.wsgi")
API_PROCESSES = 2

START_SECONDS = 60.0
STOP_SECONDS = 40.0
LOG_TAIL_BYTES = 2_000


class Process:
    """A child process; its log goes to a file, as in production it goes to somewhere."""

    def __init__(self, name: str, arguments: Sequence[str], env: Mapping[str, str]) -> None:
        self._name = name
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        self._popen = subprocess.Popen(  # noqa: S603
            [sys.executable, *arguments],
            cwd=CHECKOUT,
            env={**os.environ, **env},
            stdout=self._log,
            stderr=self._log,
        )

    @property
    def pid(self) -> int:
        return self._popen.pid

    def check(self) -> None:
        """Raises BenchmarkError, with the end of its log, if it has died."""
        if self._popen.poll() is not None:
            raise BenchmarkError(f"{self._name} ended with {self._popen.returncode}: {self._end()}")

    def stop(self) -> None:
        """SIGTERM; SIGKILL if that does not help."""
        self._popen.terminate()
        try:
            self._popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._log.close()

    def _end(self) -> str:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - LOG_TAIL_BYTES))
        return self._log.read().decode(errors="replace")


@contextmanager
def workers(
    *, processes: int = 1, queues: str = "default", concurrency: int | None = None, stamps: str = ""
) -> Iterator[Process]:
    """`runworker` with so many processes, ready to fetch."""
    arguments = ["-m", "django", "runworker", "--queues", queues, "--processes", str(processes)]
    if concurrency:
        arguments += [
            *("--concurrency", str(concurrency)),
            *("--async-concurrency", str(concurrency)),
        ]
    before = Worker.objects.count()
    with _running("runworker", arguments, {"JOBS_BENCHMARK_STAMPS": stamps}) as process:

        def all_ready() -> bool:
            process.check()
            return Worker.objects.count() >= before + processes

        wait_until(all_ready, "the workers were not ready", START_SECONDS)
        yield process


@contextmanager
def api() -> Iterator[str]:
    """The API as it runs in production; gives its address."""
    port = free_port()
    arguments = [*GUNICORN, "--bind", f"127.0.0.1:{port}", "--workers", str(API_PROCESSES)]
    with _running("gunicorn", arguments, {"GUNICORN_CMD_ARGS": ""}) as process:

        def answers() -> bool:
            process.check()
            return _is_healthy(f"http://127.0.0.1:{port}/health/live")

        wait_until(answers, "the API did not answer", START_SECONDS)
        yield f"127.0.0.1:{port}"


@contextmanager
def _running(name: str, arguments: Sequence[str], env: Mapping[str, str]) -> Iterator[Process]:
    process = Process(name, arguments, env)
    try:
        yield process
        process.check()
    finally:
        process.stop()


def rss_megabytes(pid: int) -> float:
    """What a process holds in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _is_healthy(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()  # noqa: S310
    except (urllib.error.URLError, OSError):
        return False
    return True
