"""Finds processes that were left behind."""

from pathlib import Path


def processes_in(directory: Path) -> list[str]:
    """The command lines of the processes that mention the directory or work in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            if str(directory) in command or (process / "cwd").resolve().is_relative_to(directory):
                found.append(command)
        except OSError:
            pass  # it has ended meanwhile, or is another user's
    return found
