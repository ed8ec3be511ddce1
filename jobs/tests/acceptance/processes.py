"""Real processes that a test may kill: the API under gunicorn, and workers."""

import os
from pathlib import Path

from django.db import connection

from jobs.tests.waiting import wait_until
from tools.child import STOP_SECONDS, Child
from tools.http_client import HttpClient
from tools.ports import free_port

# Short enough for a test, long enough for a busy machine.
TIMES = {
    "JOBS_HEARTBEAT_SECONDS": "1",
    "JOBS_WORKER_TIMEOUT_SECONDS": "5",
    "JOBS_REDISPATCH_SECONDS": "1",
    "JOBS_REDISPATCH_MARGIN_SECONDS": "1",
    "JOBS_GRACE_SECONDS": "10",
}

# The exit status of a process that SIGKILL has ended.
SIGKILLED = -9


class Process(Child):
    """A process with its log. `kill` sends SIGKILL and `stop` SIGTERM; both wait for its end."""

    def wait_for(self, text: str, timeout: float = 60.0) -> None:
        """Waits until the log says `text`; fails after `timeout` seconds or at its end."""

        def said() -> bool:
            assert self.alive or self.says(text), self.log.read_text()[-3000:]
            return self.says(text)

        wait_until(said, timeout, f"{self.name} never said {text!r}")

    def wait(self, timeout_seconds: float = STOP_SECONDS) -> int:
        """The exit status; fails where the process takes longer, which is then not killed."""
        try:
            wait_until(lambda: not self.alive, timeout_seconds)
        except AssertionError as error:
            raise AssertionError(f"{self.name}: {error}: {self.last_lines()}") from None
        return super().wait()

    def kill(self) -> None:
        super().kill()
        self.wait()

    def end(self) -> None:
        """Kills the process and its children, also if it is frozen."""
        if self.alive:
            self.thaw()
            self.kill_all()


class Service:
    """Starts processes on the database and the Redis of the test, and ends them all."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._processes: list[Process] = []
        self.env = {
            **os.environ,
            **TIMES,
            "DJANGO_SETTINGS_MODULE": "jobs.tests.settings",
            "DATABASE_URL": _database_url(),
            "PYTHONWARNINGS": "default",
        }

    def worker(self, name: str, *options: str, **env: str) -> Process:
        """A `runworker` process that is ready to fetch."""
        process = self._start(name, ["manage.py", "runworker", "--name", name, *options], env)
        process.wait_for("ready: queues")
        return process

    def workers(self, count: int, *options: str) -> list[Process]:
        """`count` workers that are ready to fetch, started side by side."""
        processes = [
            self._start(name, ["manage.py", "runworker", "--name", name, *options], {})
            for name in (f"worker-{number}" for number in range(1, count + 1))
        ]
        for process in processes:
            process.wait_for("ready: queues")
        return processes

    def command(self, name: str, *arguments: str, **env: str) -> Process:
        """A process that runs a management command; it may not be ready yet."""
        return self._start(name, ["manage.py", *arguments], env)

    def api(self, **env: str) -> str:
        """The API under gunicorn; returns its address."""
        return self.api_process(**env)[1]

    def api_process(self, processes: int = 1, /, **env: str) -> tuple[Process, str]:
        """The API under gunicorn; returns its process and its address."""
        port = free_port()
        process = self._start(
            f"api-{port}",
            [
                *("-m", "gunicorn", "scheduler.wsgi", "--bind", f"127.0.0.1:{port}"),
                *("--config", "python:scheduler.gunicorn_conf"),
                *("--workers", str(processes), "--threads", "16"),
            ],
            env,
        )
        address = f"http://127.0.0.1:{port}"
        client = HttpClient(address)
        wait_until(lambda: client.is_ready("/health/live"), 60, "the API does not answer")
        return process, address

    def end(self) -> None:
        for process in self._processes:
            process.end()

    def _start(self, name: str, arguments: list[str], env: dict[str, str]) -> Process:
        log = self._directory / f"{name}-{len(self._processes)}.log"
        process = Process(name, arguments, log=log, environment=self.env | env)
        self._processes.append(process)
        return process


def kill_workers_at(service: Service, point: str, *queues: str) -> None:
    """On each of the queues a worker takes the first job as far as this kill point, and dies."""
    victims = [
        service.command(f"victim-{queue}", "runworker", "--queues", queue, KILL_POINT=point)
        for queue in queues
    ]
    for victim in victims:
        assert victim.wait() == SIGKILLED


def _database_url() -> str:
    """The URL of the test database, for child processes."""
    settings = connection.settings_dict
    host = settings["OPTIONS"].get("host") or settings["HOST"]
    user, password = settings["USER"], settings["PASSWORD"]
    port = f"&port={settings['PORT']}" if settings["PORT"] else ""
    return f"postgres://{user}:{password}@/{settings['NAME']}?host={host}{port}"
