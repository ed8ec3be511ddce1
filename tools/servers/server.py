"""A server from a wheel that runs in a directory of the checkout, on a free port of 127.0.0.1."""

import os
import secrets
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ClassVar

from tools.errors import ToolError
from tools.log_tail import last_lines
from tools.parent_death import end_with_parent
from tools.ports import free_port

_START_SECONDS = 120  # recovery after a crash, on a slow disk
_STOP_SECONDS = 60
_POLL_SECONDS = 0.02


class Server(ABC):
    """Base of the embedded servers. `start` and `stop` may be called again and again."""

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    kill_signal: ClassVar[signal.Signals] = signal.SIGKILL

    def __init__(self, home: Path, port: int | None = None) -> None:
        self.home = home.absolute()
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """What a client needs; contains the password."""

    @abstractmethod
    def prepare(self) -> None:
        """Makes what must be there before the first start."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """The command line that runs it in the foreground."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it serves clients by now."""

    def complete(self) -> None:  # noqa: B027 - most have nothing to do here
        """Makes what can only be made once it answers."""

    def standard_input(self) -> bytes:
        """Configuration that must not be seen in the list of processes."""
        return b""

    @property
    def data(self) -> Path:
        """Where it keeps its data."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What it has logged since its last start."""
        return self.home / "server.log"

    @property
    def password(self) -> str:
        """Made on first use and kept: other users of the machine can reach the port, too."""
        path = self.home / "password"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(24))
        return path.read_text()

    @property
    def running(self) -> bool:
        """Whether the process that `start` started is alive."""
        return self.process is not None and self.process.poll() is None

    def start(self, inherit: Sequence[int] = ()) -> None:
        """Returns when it serves clients; raises `ToolError` if it does not come up.

        `inherit`: descriptors that it keeps open, so that a lock lives as long as it does.
        """
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.log.open("wb"):
            pass  # the log is that of this run
        self.prepare()
        self.process = self._run(self.command(), inherit)
        try:
            self._wait()
            self.complete()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Returns when it has written its data and is gone."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """Ends it at once, as a crash would; for tests."""
        self._end(self.kill_signal)

    def environment(self) -> dict[str, str]:
        """The environment of its processes: this one, without what would change the server."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_"))}
        return inherited | {"LC_ALL": "C"}

    def failure(self, what: str) -> ToolError:
        """The error that says what the log says."""
        said = last_lines(self.log)
        return ToolError("\n  ".join([f"{self.name} {what}. {self.log} says:", *said]))

    def _run(self, command: Sequence[str], inherit: Sequence[int]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603
                command,
                cwd=self.data,
                env=self.environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=inherit,
                start_new_session=True,  # Ctrl-C is for its users
                preexec_fn=partial(end_with_parent, self.stop_signal),
            )
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as stdin:  # it may have ended already
            stdin.write(self.standard_input())
        return process

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self.answers():
            if not self.running:
                raise self.failure("ended while starting")
            if time.monotonic() > deadline:
                raise self.failure(f"did not answer within {_START_SECONDS} s")
            time.sleep(_POLL_SECONDS)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
