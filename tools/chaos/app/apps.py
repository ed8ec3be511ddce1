"""The app; an API process dies between commit and push where the environment asks for it."""

import os
import signal
import time
from itertools import count
from pathlib import Path

from django.apps import AppConfig

from jobs.core import kill_points
from tools.chaos.app.variables import KILL_EVERY, KILL_LIMIT, KILLS_FILE


class ChaosConfig(AppConfig):
    name = "tools.chaos.app"
    label = "chaos"

    def ready(self) -> None:
        if every := os.environ.get(KILL_EVERY):
            killer = _Killer(int(every), int(os.environ[KILL_LIMIT]), Path(os.environ[KILLS_FILE]))
            kill_points.arm(kill_points.COMMIT_PUSH, killer.reached)


class _Killer:
    """Kills this process at every n-th push, until enough processes have died."""

    def __init__(self, every: int, limit: int, kills: Path) -> None:
        self._numbers = count(1)
        self._every = every
        self._limit = limit
        self._kills = kills

    def reached(self) -> None:
        if next(self._numbers) % self._every == 0 and self._write():
            os.kill(os.getpid(), signal.SIGKILL)

    def _write(self) -> bool:
        """Notes the death in a file; returns False if there are enough."""
        with self._kills.open("a+") as file:
            file.seek(0)
            if len(file.readlines()) >= self._limit:
                return False
            file.write(f"{time.time()} {os.getpid()}\n")
        return True
