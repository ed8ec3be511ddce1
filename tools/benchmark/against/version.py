"""One of the two versions: its files, its database, and the driver that runs in it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

from tools.benchmark.databases import own_database
from tools.benchmark.errors import BenchmarkError
from tools.benchmark.http_load import Load, load
from tools.checkout import CHECKOUT
from tools.parent_death import end_with_parent
from tools.ports import free_port

APP = Path(__file__).resolve().parent / "app"
STOP_SECONDS = 60.0
LOG_TAIL_BYTES = 2_000


class Version:
    """Asks the driver, which answers one line for each line that it is sent.

    The driver and the processes that it starts are frozen except in `on_turn`, so that only one
    version works at any moment.
    """

    def __init__(self, name: str, driver: "subprocess.Popen[str]", log: IO[bytes]) -> None:
        self.name = name
        self._driver = driver
        self._log = log
        self.token = str(self.ask("prepare")["token"])

    @contextmanager
    def on_turn(self) -> Iterator[None]:
        """The processes of this version run for as long as the block does."""
        os.killpg(self._driver.pid, signal.SIGCONT)
        try:
            yield
        finally:
            self.freeze()

    def freeze(self) -> None:
        """Stops the processes where they are."""
        os.killpg(self._driver.pid, signal.SIGSTOP)

    def ask(self, question: str, **parameters: int) -> Mapping[str, Any]:
        """Returns what the driver answers; raises BenchmarkError if it has ended."""
        assert self._driver.stdin is not None
        assert self._driver.stdout is not None
        try:
            self._driver.stdin.write(json.dumps({"ask": question, **parameters}) + "\n")
            self._driver.stdin.flush()
            line = self._driver.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise BenchmarkError(f"{question}: the {self.name} version gave up: {self._log_end()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    @contextmanager
    def calls(self) -> Iterator[Load]:
        """Connections to the API of this version, which is started, on its turn."""
        with ExitStack() as stack:
            with self.on_turn():
                port = free_port()
                processes = self.ask("api", port=port)["processes"]
                calls = stack.enter_context(load(f"127.0.0.1:{port}", self.token, processes))
            yield calls

    def end(self) -> None:
        """The end of its input tells the driver to stop what it has started."""
        assert self._driver.stdin is not None
        self._driver.stdin.close()
        os.killpg(self._driver.pid, signal.SIGCONT)
        try:
            self._driver.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._driver.pid, signal.SIGKILL)
            self._driver.wait()

    def _log_end(self) -> str:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - LOG_TAIL_BYTES))
        return self._log.read().decode(errors="replace")


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
        driver = subprocess.Popen(
            [sys.executable, "-m", "against_app"],
            cwd=files,
            env=_environment(own_name, url, Path(directory)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # one process group: frozen together, and Ctrl-C passes by
            # A frozen driver whose parent was killed goes on, finds its input closed, and ends.
            preexec_fn=partial(end_with_parent, signal.SIGCONT),
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
