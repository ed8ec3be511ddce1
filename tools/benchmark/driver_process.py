"""A process that answers one line of JSON for each line that it is sent."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from tools.benchmark.errors import BenchmarkError

STOP_SECONDS = 60.0
LOG_TAIL_BYTES = 2_000


class DriverProcess:
    """Asks the process. What that says beside its answers goes to `log`."""

    def __init__(self, name: str, process: "subprocess.Popen[str]", log: IO[bytes]) -> None:
        self.name = name
        self.process = process
        self._log = log

    def ask(self, question: str, **parameters: object) -> Mapping[str, Any]:
        """Returns what the process answers; raises BenchmarkError if it has ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps({"ask": question, **parameters}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise BenchmarkError(f"{question}: {self.name} gave up: {self._log_end()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        """The end of its input tells the process to stop what it has started."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # it has given up
            self.process.stdin.close()
        self.wake()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            self.process.wait()

    def wake(self) -> None:
        """Lets it go on, where it may be frozen."""

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()

    def _log_end(self) -> str:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - LOG_TAIL_BYTES))
        return self._log.read().decode(errors="replace")


def start_driver(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    log: IO[bytes],
    when_orphaned: Callable[[], None],
) -> "subprocess.Popen[str]":
    """Starts it in a process group of its own, so that Ctrl-C passes it by.

    `when_orphaned`: tells the kernel what the process gets when this one dies; runs in the child.
    """
    return subprocess.Popen(  # noqa: S603
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
        preexec_fn=when_orphaned,
    )
