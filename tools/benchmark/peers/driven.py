"""A system with its driver: in an environment and a database of its own."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from tools.benchmark.driver_process import DriverProcess, start_driver
from tools.benchmark.peers.system import Place, System
from tools.benchmark.scope import Scope
from tools.benchmark.stamp_line import STAMPS
from tools.checkout import CHECKOUT
from tools.measuring.databases import own_database
from tools.parent_death import end_with_parent


class Driven(DriverProcess):
    """`url`: of its database. `tables`: where its jobs are; none where PostgreSQL holds none."""

    def __init__(
        self, system: System, url: str, process: "subprocess.Popen[str]", log: IO[bytes]
    ) -> None:
        super().__init__(system.title, process, log)
        self.system = system
        self.url = url
        made = self.ask("prepare")
        self.version = str(made["version"])
        self.tables: list[str] = made["tables"]

    @contextmanager
    def on_turn(self) -> Iterator[None]:
        """The workers are frozen except for as long as the block lasts."""
        self.ask("wake")
        yield
        self.ask("rest")


@contextmanager
def driven(
    system: System,
    place: Place,
    *,
    environment: Mapping[str, str],
) -> Iterator[Driven]:
    """Starts the driver of the system, and makes its tables in a database of its own.

    `environment`: more variables, for every process of the system.

    Raises BenchmarkError, with what it said, if it does not start.
    """
    with ExitStack() as stack:
        scope = Scope(f"benchmark_{os.getpid()}_{system.name}")
        url = stack.enter_context(own_database(os.environ["DATABASE_URL"], scope.name))
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        log = stack.enter_context(tempfile.TemporaryFile())
        process = start_driver(
            [place.python, "-m", "tools.benchmark.peers.driver", system.name],
            cwd=CHECKOUT,
            environment={**_environment(scope, url, directory, place), **environment},
            log=log,
            when_orphaned=end_with_parent,
        )
        try:
            one = Driven(system, url, process, log)
        except BaseException:
            process.kill()
            process.wait()
            raise
        stack.callback(one.end)
        yield one


def _environment(scope: Scope, url: str, directory: Path, place: Place) -> dict[str, str]:
    """The variables of this process, without settings of the service that a person may have set."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JOBS_", "PYTHONPATH", "PYTHONHOME"))
    }
    return {
        **inherited,
        **scope.environment(url),
        **place.environment,
        "BENCHMARK_NAME": f"{{{scope.name}}}",
        "BENCHMARK_DIRECTORY": str(directory),
        STAMPS: str(directory / "stamps"),
        "LOG_LEVEL": "INFO",
    }
