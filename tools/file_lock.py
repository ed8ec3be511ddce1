"""Locks between processes. The kernel releases them when a process ends, however it ends."""

import fcntl
import os
from pathlib import Path
from typing import Self


class FileLock:
    """A lock on a file, which may carry a few words about its holder.

    A child process that inherits the descriptor holds the lock too: it is free again when all
    of them are gone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    @classmethod
    def inherited(cls, path: Path, descriptor: int) -> Self:
        """The lock that a parent process took and handed over as a descriptor."""
        lock = cls.__new__(cls)
        lock.path, lock._descriptor = path, descriptor
        return lock

    @property
    def descriptor(self) -> int:
        """To be handed to a child process."""
        return self._descriptor

    def take(self) -> bool:
        """Takes it for this process alone; False if another has it."""
        return self._try(fcntl.LOCK_EX | fcntl.LOCK_NB)

    def wait(self) -> None:
        """Waits until no process holds it, then holds it for this process alone."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def share(self) -> None:
        """Waits until no process holds it alone, then holds it together with others."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def try_share(self) -> bool:
        """Holds it together with others; False if a process holds it alone."""
        return self._try(fcntl.LOCK_SH | fcntl.LOCK_NB)

    def free(self) -> bool:
        """Whether no process holds it at this moment. Gives up what this object held."""
        taken = self.take()
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        return taken

    def write(self, text: str) -> None:
        """Replaces what the file says."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def read(self) -> str:
        """What the file says; the last holder wrote it."""
        return os.pread(self._descriptor, 65_536, 0).decode()

    def close(self) -> None:
        """Releases it, unless a child process holds it as well."""
        os.close(self._descriptor)

    def _try(self, how: int) -> bool:
        try:
            fcntl.flock(self._descriptor, how)
        except BlockingIOError:
            return False
        return True


def take_directory(directory: Path) -> FileLock | None:
    """The lock on a directory, which is made where it lacks; None if another run uses it."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(directory / "in-use.lock")
    if lock.take():
        return lock
    lock.close()
    return None
