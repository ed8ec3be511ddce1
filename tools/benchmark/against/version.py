"""One of the two versions: its files, its database, and the driver that runs in it."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from tools.benchmark.driver_process import DriverProcess, start_driver
from tools.benchmark.errors import BenchmarkError
from tools.benchmark.http_load import Load, load
from tools.checkout import CHECKOUT
from tools.measuring.databases import own_database
from tools.parent_death import end_with_parent
from tools.ports import free_port

APP = Path(__file__).resolve().parent / "app"


class Version(DriverProcess):
    """The driver and the processes that it starts are frozen except in `on_turn`, so that only one
    version works at any moment.
    """

    def __init__(self, name: str, process: "subprocess.Popen[str]", log: IO[bytes]) -> None:
        super().__init__(f"the {name} version", process, log)
        self.token = str(self.ask("prepare")["token"])

    @contextmanager
    def on_turn(self) -> Iterator[None]:
        """The processes of this version run for as long as the block does."""
        self.wake()
        try:
            yield
        finally:
            self.freeze()

    def freeze(self) -> None:
        """Stops the processes where they are."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def wake(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)

    @contextmanager
    def calls(self) -> Iterator[Load]:
        """Connections to the API of this version, which is started, on its turn."""
        with ExitStack() as stack:
            with self.on_turn():
                port = free_port()
                processes = self.ask("api", port=port)["processes"]
                calls = stack.enter_context(load(f"127.0.0.1:{port}", self.token, processes))
            yield calls


@contextmanager
def version(name: str, files: Path) -> Iterator[Version]:
    """The version whose files are in that directory: its tables are made, and it is frozen.

    Raises BenchmarkError if it does not start.
    """
    with ExitStack() as stack:
        own_name = f"benchmark_{os.getpid()}_{name}"
        url = stack.enter_context(own_database(os.environ["DATABASE_URL"], own_name))
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        log = stack.enter_context(tempfile.TemporaryFile())
        driver = start_driver(
            [sys.executable, "-m", "against_app"],
            cwd=files,
            environment=_environment(own_name, url, Path(directory)),
            log=log,
            # A frozen driver whose parent was killed goes on, finds its input closed, and ends.
            when_orphaned=partial(end_with_parent, signal.SIGCONT),
        )
        one = _started(stack, name, driver, log)
        one.freeze()
        yield one


def _started(
    stack: ExitStack, name: str, driver: "subprocess.Popen[str]", log: IO[bytes]
) -> Version:
    try:
        one = Version(name, driver, log)
    except BaseException:
        driver.kill()
        driver.wait()
        raise
    stack.callback(one.end)
    return one


def _environment(name: str, database_url: str, directory: Path) -> dict[str, str]:
    """The same for both versions: only settings that have never changed their names."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("JOBS_")}
    return {
        **inherited,
        "DJANGO_SETTINGS_MODULE": "against_app.settings",
        "PYTHONPATH": str(APP),
        "DATABASE_URL": database_url,
        "JOBS_REDIS_PREFIX": f"{{{name}}}:",
        # A worker that was frozen for a turn or two is not to be taken for dead.
        "JOBS_WORKER_TIMEOUT_SECONDS": "600",
        "ACCESS_TOKEN_MINUTES": "1440",
        "GUNICORN_CMD_ARGS": "",
        "AGAINST_STAMPS": str(directory / "stamps"),
    }


@contextmanager
def files_of_commit(commit: str) -> Iterator[Path]:
    """The files of a commit in a temporary directory; BenchmarkError if git does not know it."""
    with tempfile.TemporaryDirectory(prefix="benchmark-old-") as directory:
        archive = _git("archive", "--format=tar", commit)
        subprocess.run(["tar", "-x", "-C", directory], input=archive, check=True)  # noqa: S603, S607
        yield Path(directory)


@contextmanager
def files_of_checkout() -> Iterator[Path]:
    """A copy of the checkout as it is now, with what is not committed: it may be edited meanwhile.

    Without `.env`, which the other version has not got either.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-new-") as directory:
        names = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        present = [name for name in names.decode().split("\0") if (CHECKOUT / name).is_file()]
        archive = subprocess.run(
            ["tar", "-c", "--null", "--files-from=-"],  # noqa: S607
            cwd=CHECKOUT,
            input="\0".join(present).encode(),
            capture_output=True,
            check=True,
        ).stdout
        subprocess.run(["tar", "-x", "-C", directory], input=archive, check=True)  # noqa: S603, S607
        yield Path(directory)


def _git(*arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True)  # noqa: S603, S607
    if done.returncode:
        raise BenchmarkError(f"git {' '.join(arguments)}: {done.stderr.decode().strip()}")
    return done.stdout
