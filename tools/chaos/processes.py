"""The processes of the service: workers, and the API under gunicorn."""

from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import IO

from tools.chaos.pause import pause
from tools.checkout import CHECKOUT
from tools.child import Child

SLOTS = 4  # jobs at a time in each worker


class Process(Child):
    """A child whose waiting ends when a person wants everything to stop."""

    pause = staticmethod(pause)


class WorkerProcess(Process):
    """One `runworker`."""

    @property
    def is_ready(self) -> bool:
        return self.says("ready: queues")


class Crew:
    """The workers. One that is killed is replaced, as any supervisor would do."""

    def __init__(
        self,
        size: int,
        log_dir: Path,
        environment: Mapping[str, str],
        files: Path = CHECKOUT,
        name: str = "worker",
    ) -> None:
        self._size = size
        self._log_dir = log_dir
        self._environment = environment
        self._files = files
        self._name = name
        self._numbers = count(1)
        self.workers: list[WorkerProcess] = []

    def complete(self) -> None:
        """Starts the workers that are missing; returns when all of them are ready."""
        self.workers = [worker for worker in self.workers if worker.alive]
        while len(self.workers) < self._size:
            self._start()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        for worker in self.workers:
            worker.wait_until(lambda worker=worker: worker.is_ready)  # type: ignore[misc]

    def replace(self, worker: WorkerProcess) -> WorkerProcess:
        """Starts another one in its place, without waiting for it."""
        self.workers.remove(worker)
        return self._start()

    def find(self, pid: int) -> WorkerProcess | None:
        """The worker that has this process id."""
        return next((worker for worker in self.workers if worker.pid == pid), None)

    def end(self) -> None:
        """Asks all of them to stop, and waits."""
        for worker in self.workers:
            worker.thaw()
            worker.ask_to_stop()
        for worker in self.workers:
            worker.wait()
        self.workers = []

    def _start(self) -> WorkerProcess:
        name = f"{self._name}-{next(self._numbers)}"
        worker = WorkerProcess(
            name,
            ["manage.py", "runworker", "--name", name, "--concurrency", str(SLOTS)],
            log=self._log_dir / f"{name}.log",
            environment=self._environment,
            files=self._files,
        )
        self.workers.append(worker)
        return worker


class Api:
    """The API under gunicorn, always at the same port."""

    def __init__(
        self,
        port: int,
        log_dir: Path,
        environment: Mapping[str, str],
        files: Path = CHECKOUT,
        name: str = "api",
    ) -> None:
        self.port = port
        self._log_dir = log_dir
        self._environment = environment
        self._files = files
        self._name = name
        self._numbers = count(1)
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        return self._process.pid if self._process is not None and self._process.alive else None

    def start(self, **environment: str) -> None:
        """Starts it without waiting for it."""
        name = f"{self._name}-{next(self._numbers)}"
        self._process = Process(
            name,
            [
                *("-m", "gunicorn", "--config", "python:scheduler.gunicorn_conf"),
                *("--bind", f"127.0.0.1:{self.port}", "--workers", "1", "scheduler.wsgi"),
            ],
            log=self._log_dir / f"{name}.log",
            environment={**self._environment, **environment},
            files=self._files,
        )

    def wait_until(self, ready: Callable[[], bool]) -> None:
        assert self._process is not None
        self._process.wait_until(ready)

    def kill(self) -> None:
        """SIGKILL for all of its processes."""
        if self._process is not None:
            self._process.kill_all()

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def restart(self, **environment: str) -> None:
        """Stops it in order and starts it with these variables in addition."""
        self.stop()
        self.start(**environment)


def open_log(path: Path) -> IO[bytes]:
    """Opens a log to append to; makes its directory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")
