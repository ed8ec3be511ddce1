"""A pytest plugin: real servers for the tests, before Django reads its settings.

Every run of pytest takes a set of servers of its own, so that several may run at once, beside a
`bin/start` too. The directories are used again, which saves making the data anew.
"""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.development import DATA_DIR, DevelopmentError, provide_servers
from scheduler.development.file_lock import FileLock
from scheduler.env import DEVELOPMENT

TESTS_DIR = DATA_DIR / "test"

# Keys of a Redis that also serves development must not meet.
REDIS_PREFIX = "{jobs-test}:"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Comes before pytest-django, which reads the settings in the same hook."""
    os.environ["ENVIRONMENT"] = DEVELOPMENT
    os.environ["JOBS_REDIS_PREFIX"] = REDIS_PREFIX
    lock, directory = _take_directory()
    early_config.add_cleanup(lock.close)
    try:
        provide_servers(directory)
    except DevelopmentError as error:
        raise pytest.UsageError(str(error)) from error
    yield


def pytest_report_header() -> str:
    """Which servers the tests use."""
    return "servers: " + ", ".join(
        f"{name} {os.environ[name].rpartition('@')[2]}" for name in ("DATABASE_URL", "REDIS_URL")
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run that must be complete does not pass with tests left out."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get("CI"):
        return
    skipped = reporter.stats.get("skipped", [])
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"{len(skipped)} tests were skipped, and CI is set.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _take_directory() -> tuple[FileLock, Path]:
    """The first directory that no other run of pytest uses, and the lock on it."""
    for number in itertools.count(1):
        directory = TESTS_DIR / str(number)
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(directory / "pytest.lock")
        if lock.take():
            return lock, directory
        lock.close()
    raise AssertionError("there is always one more number")
