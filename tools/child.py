"""A child process, mostly of a Python module, with its log. It can be stopped, killed, frozen."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tools.checkout import CHECKOUT
from tools.errors import ToolError
from tools.log_tail import last_lines
from tools.parent_death import end_with_parent
from tools.waiting import wait_until

READY_SECONDS = 60.0
STOP_SECONDS = 60.0

# What scheduler/logs/config.py writes: date, time, milliseconds, level, message.
_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d),\d+ ([A-Z]+) (.*)")


class Child:
    """A process in a process group of its own. It ends with its parent, however that ends.

    `arguments` are those of Python, or of `program`; `inherit` are descriptors that it shares with
    its parent; `files`: where the version that it runs has its files.
    """

    # How its methods let time pass; a subclass may want to be interrupted meanwhile.
    pause: Callable[[float], None] = staticmethod(time.sleep)

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        inherit: Sequence[int] = (),
        files: Path = CHECKOUT,
        program: str = sys.executable,
    ) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603
                [program, *arguments],
                cwd=files,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=inherit,
                start_new_session=True,  # Ctrl-C reaches the parent alone, which stops in order
                preexec_fn=end_with_parent,
            )
        self._shown = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    @property
    def alive(self) -> bool:
        return self.exit_status is None

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the process, if it is alive."""
        if self.alive:
            self._process.send_signal(number)

    def ask_to_stop(self) -> None:
        """Sends SIGTERM."""
        self.signal(signal.SIGTERM)

    def stop(self, timeout_seconds: float = STOP_SECONDS) -> int:
        """Sends SIGTERM and returns the exit status; see `wait`."""
        self.ask_to_stop()
        return self.wait(timeout_seconds)

    def wait(self, timeout_seconds: float = STOP_SECONDS) -> int:
        """Returns the exit status once it has ended. One that takes longer is killed: -9."""
        try:
            wait_until(
                lambda: not self.alive, timeout_seconds, f"{self.name} did not end", wait=self.pause
            )
        except ToolError:
            self.kill_all()
        return self._process.wait()

    def kill(self) -> None:
        """SIGKILL for the process alone; its own children may go on."""
        self.signal(signal.SIGKILL)

    def kill_all(self) -> None:
        """SIGKILL for the process and its own children; returns when it is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def freeze(self) -> None:
        """Stops the process where it is."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets a frozen process go on."""
        self.signal(signal.SIGCONT)

    def wait_until(self, ready: Callable[[], bool], timeout_seconds: float = READY_SECONDS) -> None:
        """Returns when it is ready; raises `ToolError` with the end of its log if it ends first."""

        def is_ready() -> bool:
            self.check()
            return ready()

        wait_until(
            is_ready, timeout_seconds, f"{self.name} was not ready; see {self.log}", wait=self.pause
        )

    def check(self) -> None:
        """Raises `ToolError`, with the end of its log, if it has ended."""
        if not self.alive:
            lines = "\n  ".join(self.last_lines())
            raise ToolError(
                f"{self.name} ended with {self.exit_status}. {self.log} says:\n  {lines}"
            )

    def says(self, text: str) -> bool:
        """Whether the text is in its log."""
        return text.encode() in self.log.read_bytes()

    def new_lines(self) -> list[str]:
        """What it has logged since the last call, made readable."""
        with self.log.open("rb") as file:
            file.seek(self._shown)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._shown += len(whole) + len(newline)
        return [readable(line) for line in whole.decode(errors="replace").splitlines()]

    def last_lines(self) -> list[str]:
        """The end of its log."""
        return last_lines(self.log)

    def rss_bytes(self) -> int | None:
        """What it holds in memory; None where the system does not tell."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        except OSError:
            return None
        return pages * os.sysconf("SC_PAGE_SIZE")


def readable(line: str) -> str:
    """Returns a log line without its date, and without its level if that is INFO."""
    match = _LOG_LINE.fullmatch(line)
    if match is None:
        return line
    time_of_day, level, message = match.groups()
    return f"{time_of_day} {message}" if level == "INFO" else f"{time_of_day} {level} {message}"
