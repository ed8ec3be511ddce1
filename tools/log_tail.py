"""The end of a log, which mostly says why a process has ended."""

from pathlib import Path

LINES = 15


def last_lines(log: Path) -> list[str]:
    """Returns its last lines, 15 at most."""
    return log.read_text(errors="replace").splitlines()[-LINES:]
