"""bin/test: everything that must hold, one step after the other, then what failed."""

import os
import platform
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO

import django

from scheduler.env import DEVELOPMENT
from tools.checkout import CHECKOUT
from tools.development.browser import find_browser
from tools.development.check_options import parse
from tools.development.test_directory import take_test_directory
from tools.errors import ToolError
from tools.servers import provide_servers
from tools.terminal import heading, problem, say, table

# Tests that start processes and wait for them, three parts; tests that wait for PostgreSQL's
# commits; and the others, which keep a processor busy meanwhile.
TEST_PATHS = ("accounts", "jobs", "scheduler", "tools")
OF_PROCESSES = ("jobs/tests/acceptance",)
OF_KILLED_PROCESSES = tuple(
    f"jobs/tests/acceptance/test_{name}.py"
    for name in ("worker_process", "kill_points", "killed_calls", "killed_mail", "signals")
)
OF_TOOLS = ("tools",)
OF_SERVICES = ("jobs/tests/services", "jobs/tests/worker", "jobs/tests/sql")
OF_PAGES = ("jobs/tests/admin", "jobs/tests/api", "accounts")

SERVERS = ("DATABASE_URL", "REDIS_URL")

# The last migration of each app in the last release, which may run beside those that follow.
RELEASED_MIGRATIONS = "released_migrations.json"


@dataclass(frozen=True)
class Step:
    """One command. `environment` is added to that of this process, `without` left out of it."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    without: Collection[str] = ()

    def run(self) -> bool:
        """Runs it, with its output on the terminal; whether it succeeded."""
        heading(f"--- {self.name}")
        return self.start(None).wait() == 0

    def start(self, output: IO[bytes] | None) -> subprocess.Popen[bytes]:
        """Starts it; its output goes to `output`, or to the terminal."""
        inherited = {name: value for name, value in os.environ.items() if name not in self.without}
        return subprocess.Popen(  # noqa: S603
            [sys.executable, *self.arguments],
            cwd=CHECKOUT,
            env={**inherited, **self.environment},
            stdout=output,
            stderr=output and subprocess.STDOUT,
        )


@dataclass(frozen=True)
class SideBySide:
    """Commands at once. The output of the first is seen as it comes, the others' after that."""

    name: str
    first: Step
    others: Sequence[Step]

    def run(self) -> bool:
        """Runs all; whether all succeeded."""
        with ExitStack() as stack:
            outputs = [stack.enter_context(tempfile.TemporaryFile()) for _ in self.others]
            pairs = zip(self.others, outputs, strict=True)
            processes = [step.start(output) for step, output in pairs]
            for process in processes:
                stack.callback(process.kill)  # if this run is broken off
            succeeded = [self.first.run(), *(process.wait() == 0 for process in processes)]
            for step, output in zip(self.others, outputs, strict=True):
                heading(f"--- {step.name}")
                output.seek(0)
                sys.stdout.write(output.read().decode(errors="replace"))
                sys.stdout.flush()
        return all(succeeded)


def steps(pytest_arguments: Sequence[str], *, own_servers: bool) -> list[Step | SideBySide]:
    """All of them, in order: the quick ones first.

    `own_servers`: PostgreSQL and Redis were started for this run. Then the tests run in parts at
    once, each with servers of its own.
    """
    return [
        *(_of_the_text() if django.VERSION < (6,) else []),
        Step("migrations", ["manage.py", "makemigrations", "--check", "--dry-run"]),
        Step("rolling upgrade", ["manage.py", "check_migrations", "--since", RELEASED_MIGRATIONS]),
        Step(
            "deployment",
            ["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            _production(),
        ),
        *_tests(pytest_arguments, own_servers=own_servers),
    ]


def _tests(pytest_arguments: Sequence[str], *, own_servers: bool) -> list[Step | SideBySide]:
    if pytest_arguments or not own_servers:
        return [Step("tests", ["-m", "pytest", *pytest_arguments])]
    # pytest ignores no folder that it is asked for, as it is for each of `testpaths`.
    asked = [one for one in TEST_PATHS if one not in OF_TOOLS]
    asked = [one for one in asked if one not in OF_PAGES]
    ignored = [f"--ignore={one}" for one in (*OF_PROCESSES, *OF_SERVICES, *OF_PAGES)]
    rest = Step("other tests", ["-m", "pytest", *asked, *ignored])
    others = [
        Step(
            "tests of processes",
            ["-m", "pytest", *OF_PROCESSES, *[f"--ignore={one}" for one in OF_KILLED_PROCESSES]],
            without=SERVERS,
        ),
        Step("tests of killed processes", ["-m", "pytest", *OF_KILLED_PROCESSES], without=SERVERS),
        Step("tests of tools", ["-m", "pytest", *OF_TOOLS], without=SERVERS),
        Step("tests of pages and calls", ["-m", "pytest", *OF_PAGES], without=SERVERS),
        Step("tests of services", ["-m", "pytest", *OF_SERVICES], without=SERVERS),
    ]
    return [SideBySide("tests", rest, others)]


def _of_the_text() -> list[Step]:
    """What does not depend on the versions that are installed; types are those of one Django."""
    return [
        Step("lint", ["-m", "ruff", "check"]),
        Step("format", ["-m", "ruff", "format", "--check"]),
        Step("types", ["-m", "mypy"]),
    ]


def main() -> int:
    arguments = parse()
    os.environ["ENVIRONMENT"] = DEVELOPMENT
    lock, directory = take_test_directory()
    try:
        holds = provide_servers(directory)
        _tell_what_is_used()
        own_servers = set(holds) == set(SERVERS)
        all_steps = steps(arguments, own_servers=own_servers)
        results = [(step.name, *_timed(step)) for step in all_steps]
        for hold in holds.values():
            hold.leave()
    except ToolError as error:
        problem(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        lock.close()
    return _report(results)


def _timed(step: Step | SideBySide) -> tuple[bool, float]:
    started = time.monotonic()
    return step.run(), time.monotonic() - started


def _report(results: Sequence[tuple[str, bool, float]]) -> int:
    say()
    table(
        ("step", "result", "seconds"),
        [(name, "ok" if ok else "FAILED", f"{took:.1f}") for name, ok, took in results],
    )
    failed = [name for name, ok, _ in results if not ok]
    if failed:
        problem(f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


def _tell_what_is_used() -> None:
    say(f"Python      {platform.python_version()} in {sys.prefix}")
    say(f"Django      {django.get_version()}")
    for name, variable in (("PostgreSQL", "DATABASE_URL"), ("Redis", "REDIS_URL")):
        say(f"{name:<10}  {os.environ[variable].rpartition('@')[2]}")
    try:
        browser = str(find_browser())
    except ToolError as error:
        browser = f"none, so the browser tests will fail. {error}"
    say(f"Browser     {browser}")


def _production() -> dict[str, str]:
    """Variables as production has them, so that the checks are about production."""
    return {
        "ENVIRONMENT": "production",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "jobs.example.com",
    }


if __name__ == "__main__":
    sys.exit(main())
