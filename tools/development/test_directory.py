"""Where the servers of one run of the tests keep their data."""

import itertools
from pathlib import Path

from tools.checkout import DATA_DIR
from tools.file_lock import FileLock, take_directory


def take_test_directory() -> tuple[FileLock, Path]:
    """The first directory that no other run of the tests uses, and the lock on it.

    Several may run at once, and the data of earlier runs need not be made anew.
    """
    for number in itertools.count(1):
        directory = DATA_DIR / "test" / str(number)
        if lock := take_directory(directory):
            return lock, directory
    raise AssertionError("there is always one more number")
