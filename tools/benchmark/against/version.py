"""One of the two versions: its files, its database, and the driver that runs in it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.benchmark.errors import BenchmarkError
from tools.benchmark.ground import Ground, own_ground
from tools.checkout import CHECKOUT

HERE = Path(__file__).resolve().parent
DRIVER = HERE / "driver.py"
APP = HERE / "app"
LOG_TAIL_BYTES = 2_000


@dataclass(frozen=True)
class Version:
    """A driver that answers one line for each line it is sent."""

    name: str
    address: str
    token: str
    _driver: "subprocess.Popen[str]"
    _log: Any

    def run(self, measure: str, count: int, processes: int = 1) -> dict[str, float]:
        """The figures of one turn; raises BenchmarkError if the driver has ended."""
        return _ask(self._driver, self._log, measure=measure, count=count, processes=processes)


@contextmanager
def tree_of(commit: str) -> Iterator[Path]:
    """The files of a commit in a temporary directory; raises BenchmarkError for an unknown one."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as directory:
        archive = subprocess.run(  # noqa: S603
            ["git", "archive", "--format=tar", commit],  # noqa: S607
            cwd=CHECKOUT,
            capture_output=True,
        )
        if archive.returncode:
            raise BenchmarkError(f"git knows no version {commit!r}: {archive.stderr.decode()}")
        subprocess.run(["tar", "-x", "-C", directory], input=archive.stdout, check=True)  # noqa: S603, S607
        yield Path(directory)


@contextmanager
def running(name: str, tree: Path) -> Iterator[Version]:
    """The version of the files in `tree`, migrated, with its API up."""
    with ExitStack() as stack:
        ground = stack.enter_context(own_ground(f"benchmark_{os.getpid()}_{name}"))
        log = stack.enter_context(tempfile.TemporaryFile())
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        driver = subprocess.Popen(  # noqa: S603
            [sys.executable, str(DRIVER)],
            cwd=tree,
            env=_environment(ground, tree) | {"AGAINST_STAMPS": f"{directory}/stamps"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        stack.callback(_stop, driver)
        ready: dict[str, Any] = _ask(driver, log, measure="start", count=0, processes=0)
        yield Version(name, ready["address"], ready["token"], driver, log)


def _environment(ground: Ground, tree: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "against_app.settings",
        "PYTHONPATH": f"{tree}:{APP}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AGAINST_DATABASE": ground.name,
        "JOBS_REDIS_PREFIX": ground.redis_prefix,
        "GUNICORN_CMD_ARGS": "",
    }


def _ask(driver: "subprocess.Popen[str]", log: Any, **question: object) -> dict[str, Any]:
    assert driver.stdin is not None
    assert driver.stdout is not None
    try:
        driver.stdin.write(json.dumps(question) + "\n")
        driver.stdin.flush()
        line = driver.stdout.readline()
    except BrokenPipeError:
        line = ""
    if not line:
        raise BenchmarkError(f"{question['measure']}: the driver has ended: {_end(log)}")
    answer: dict[str, Any] = json.loads(line)
    return answer


def _end(log: Any) -> str:
    size = log.seek(0, os.SEEK_END)
    log.seek(max(0, size - LOG_TAIL_BYTES))
    text: str = log.read().decode(errors="replace")
    return text


def _stop(driver: "subprocess.Popen[str]") -> None:
    """The end of its input tells the driver to stop what it has started."""
    assert driver.stdin is not None
    driver.stdin.close()
    try:
        driver.wait(60)
    except subprocess.TimeoutExpired:
        driver.kill()
        driver.wait()
