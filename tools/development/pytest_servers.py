"""A pytest plugin: real servers for the tests, before Django reads its settings.

Every run of pytest takes a set of servers of its own, so that several may run at once, beside a
`bin/start` too.
"""

import os
import signal
from collections.abc import Iterator

import pytest

from scheduler.env import DEVELOPMENT
from tools.development.test_directory import take_test_directory
from tools.errors import ToolError
from tools.servers import provide_servers

# Keys of a Redis that also serves development must not meet.
REDIS_PREFIX = "{jobs-test}:"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Comes before pytest-django, which reads the settings in the same hook."""
    os.environ["ENVIRONMENT"] = DEVELOPMENT
    # Under nohup it is ignored, and workers that tests start would ignore it as they should then.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.environ["JOBS_REDIS_PREFIX"] = REDIS_PREFIX
    lock, directory = take_test_directory()
    early_config.add_cleanup(lock.close)
    try:
        provide_servers(directory)
    except ToolError as error:
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
