"""A child process of bin/start, with its log."""

import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.checkout import CHECKOUT
from tools.parent_death import end_with_parent

_LAST_LINES = 15

# What scheduler/logs/config.py writes: date, time, milliseconds, level, message.
_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d),\d+ ([A-Z]+) (.*)")


class Child:
    """One process that runs a Python module until it is stopped."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        inherit: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, *arguments],
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=inherit,
                start_new_session=True,  # Ctrl-C reaches bin/start alone, which stops in order
                preexec_fn=end_with_parent,
            )
        self._shown = 0

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """Sends SIGTERM."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it at once."""
        self._send(signal.SIGKILL)

    def new_lines(self) -> list[str]:
        """What it has logged since the last call, made readable."""
        with self.log.open("rb") as file:
            file.seek(self._shown)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._shown += len(whole) + len(newline)
        return [readable(line) for line in whole.decode(errors="replace").splitlines()]

    def last_lines(self) -> list[str]:
        """The end of its log."""
        return self.log.read_text(errors="replace").splitlines()[-_LAST_LINES:]

    def _send(self, what: signal.Signals) -> None:
        if self.exit_status is None:
            self._process.send_signal(what)


def readable(line: str) -> str:
    """A log line without its date, and without its level if that is INFO."""
    match = _LOG_LINE.fullmatch(line)
    if match is None:
        return line
    time, level, message = match.groups()
    return f"{time} {message}" if level == "INFO" else f"{time} {level} {message}"
