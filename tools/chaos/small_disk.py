"""A disk that can be full: a small file system, in memory where this program mounts it itself."""

import errno
import os
import shutil
import subprocess
from pathlib import Path

from tools.errors import ToolError
from tools.rights import SYS_ADMIN, has_rights

# What a server may write before the disk is filled: three segments of PostgreSQL's log.
ROOM_BYTES = 48 * 1024 * 1024
# Where a large piece finds no room a page still may.
_PIECES = (1024 * 1024, 4096)


def may_mount() -> bool:
    """Whether this process may mount a file system."""
    return has_rights(SYS_ADMIN) and all(map(shutil.which, ("mount", "umount")))


class SmallDisk:
    """At `directory`; `is_mounted_by_others`: it is a file system of its own by then."""

    def __init__(self, directory: Path, *, is_mounted_by_others: bool) -> None:
        self._directory = directory
        self._is_mounted_by_others = is_mounted_by_others

    @property
    def _filler(self) -> Path:
        return self._directory / "filler"

    def take(self, data: Path) -> Path:
        """Copies a directory to this disk; returns the copy. Raises `ToolError` without room."""
        size = int(_run("du", "--summarize", "--block-size=1", str(data)).split()[0]) + ROOM_BYTES
        if self._is_mounted_by_others:
            self._filler.unlink(missing_ok=True)
        else:
            self._mount(size)
        if (free := shutil.disk_usage(self._directory).free) < size - ROOM_BYTES // 2:
            raise ToolError(
                f"{self._directory} has {free >> 20} MB free; "
                f"the data of PostgreSQL takes {size >> 20} MB."
            )
        copy = self._directory / data.name
        copy_directory(data, copy)
        return copy

    def fill(self) -> None:
        """Leaves no room. May be called again, since others may have made some."""
        with self._filler.open("ab", buffering=0) as filler:
            for piece in _PIECES:
                _write_until_full(filler.fileno(), bytes(piece))

    def make_room(self) -> None:
        self._filler.unlink(missing_ok=True)

    def remove(self) -> None:
        """Forgets what is on it. May be called again."""
        if self._is_mounted_by_others:
            self._filler.unlink(missing_ok=True)
        elif self._directory.is_mount():
            _run("umount", str(self._directory))

    def _mount(self, size: int) -> None:
        self.remove()  # a run that was killed has left it
        self._directory.mkdir(exist_ok=True)
        _run("mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(self._directory))


def copy_directory(source: Path, copy: Path) -> None:
    """With its owner, in place of what is there."""
    if copy.exists():
        shutil.rmtree(copy)
    _run("cp", "--archive", str(source), str(copy))


def _write_until_full(descriptor: int, piece: bytes) -> None:
    while True:
        try:
            os.write(descriptor, piece)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return


def _run(*command: str) -> str:
    """What the program says; raises `ToolError` where it fails."""
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    if done.returncode != 0:
        raise ToolError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
