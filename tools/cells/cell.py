"""One cell: a database, an API and a worker of its own."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.chaos.client import Client
from tools.chaos.processes import Api, Crew
from tools.checkout import CHECKOUT
from tools.errors import ToolError
from tools.ports import free_port

_COMMAND_SECONDS = 600


class Cell:
    """`environment`: what both cells have in common."""

    def __init__(
        self, name: str, database_url: str, log_dir: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self._environment = {
            **environment,
            "JOBS_CELL": name,
            "DATABASE_URL": database_url,
            "JOBS_REDIS_PREFIX": f"{{{name}}}:",
        }
        self._api = Api(free_port(), log_dir, self._environment, name=f"{name}-api")
        self._crew = Crew(1, log_dir, self._environment, name=f"{name}-worker")

    @property
    def address(self) -> str:
        """Where its API listens."""
        return f"127.0.0.1:{self._api.port}"

    def start(self) -> None:
        """Returns when it takes jobs and runs them; raises `ToolError`."""
        self.manage("migrate", "--verbosity", "0")
        self._api.start()
        self._crew.complete()
        self._api.wait_until(Client(self._api.port).is_ready)

    def manage(self, *command: str) -> str:
        """What a management command says, errors included; raises `ToolError` if it fails."""
        done = subprocess.run(  # noqa: S603
            [sys.executable, "manage.py", *command],
            cwd=CHECKOUT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
        )
        if done.returncode:
            raise ToolError(f"manage.py {command[0]} of cell {self.name}: {done.stderr}")
        return done.stdout + done.stderr

    def end(self) -> None:
        """Ends its processes."""
        self._crew.end()
        self._api.stop()
