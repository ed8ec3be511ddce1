"""Where the servers of one run of the tests keep their data."""

import itertools
from pathlib import Path

from tools.checkout import DATA_DIR
from tools.file_lock import FileLock


def take_test_directory() -> tuple[FileLock, Path]:
    """The first directory that no other run of the tests uses, and the lock on it.

    Several may run at once, and the data of earlier runs need not be made anew.
    """
    for number in itertools.count(1):
        directory = DATA_DIR / "test" / str(number)
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(directory / "in-use.lock")
        if lock.take():
            return lock, directory
        lock.close()
    raise AssertionError("there is always one more number")
