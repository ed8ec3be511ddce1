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
from typing import IO, NamedTuple

import django

from scheduler.env import DEVELOPMENT
from tools.checkout import CHECKOUT
from tools.development.browser import find_browser
from tools.development.check_options import parse
from tools.development.parts import parts_of_tests
from tools.development.test_directory import take_test_directory
from tools.errors import ToolError
from tools.servers import provide_servers
from tools.terminal import heading, problem, say, table

# How many of them at once: each waits for half of its time.
AT_ONCE = 2 * (os.cpu_count() or 1)

SERVERS = ("DATABASE_URL", "REDIS_URL")
POLL_SECONDS = 0.1


class Result(NamedTuple):
    """What became of a command."""

    name: str
    succeeded: bool
    seconds: float


# The last migration of each app in the last release, which may run beside those that follow.
RELEASED_MIGRATIONS = "released_migrations.json"


@dataclass(frozen=True)
class Step:
    """One command. `environment` is added to that of this process, `without` left out of it."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    without: Collection[str] = ()

    def run(self) -> list[Result]:
        """Runs it, with its output on the terminal."""
        heading(f"--- {self.name}")
        started = time.monotonic()
        succeeded = self.start(None).wait() == 0
        return [Result(self.name, succeeded, time.monotonic() - started)]

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
    """Commands of which some run at once. The output of each is seen when it has ended."""

    steps: Sequence[Step]

    def run(self) -> list[Result]:
        """Runs all, in their order."""
        waiting, results = list(self.steps), []
        with ExitStack() as stack:
            running: list[Running] = []
            while waiting or running:
                while waiting and len(running) < AT_ONCE:
                    output = stack.enter_context(tempfile.TemporaryFile())
                    running.append(Running(waiting.pop(0), output))
                    stack.callback(running[-1].kill)  # if this run is broken off
                time.sleep(POLL_SECONDS)
                ended = [one for one in running if one.has_ended]
                running = [one for one in running if one not in ended]
                results += [one.result() for one in ended]
        return results


class Running:
    """A command that runs beside others."""

    def __init__(self, step: Step, output: IO[bytes]) -> None:
        self._step, self._output = step, output
        self._started = time.monotonic()
        self._process = step.start(output)

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def kill(self) -> None:
        self._process.kill()

    def result(self) -> Result:
        """Shows what it has said."""
        took = time.monotonic() - self._started
        heading(f"--- {self._step.name}")
        self._output.seek(0)
        sys.stdout.write(self._output.read().decode(errors="replace"))
        sys.stdout.flush()
        return Result(self._step.name, self._process.wait() == 0, took)


def steps(pytest_arguments: Sequence[str], *, own_servers: bool) -> list[Step | SideBySide]:
    """All of them, in order: the quick ones first.

    `own_servers`: PostgreSQL and Redis were started for this run. Then the tests run in parts at
    once, each with servers of its own, and types are checked beside them.
    """
    quick = [
        Step("migrations", ["manage.py", "makemigrations", "--check", "--dry-run"]),
        Step("rolling upgrade", ["manage.py", "check_migrations", "--since", RELEASED_MIGRATIONS]),
        Step(
            "deployment",
            ["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            _production(),
        ),
    ]
    # What does not depend on the versions that are installed. Types are those of one Django.
    of_the_text = [
        Step("lint", ["-m", "ruff", "check"]),
        Step("format", ["-m", "ruff", "format", "--check"]),
    ]
    types = [Step("types", ["-m", "mypy"])]
    if django.VERSION >= (6,):
        of_the_text, types = [], []
    if pytest_arguments or not own_servers:
        tests = Step("tests", ["-m", "pytest", *pytest_arguments])
        return [*of_the_text, *types, *quick, tests]
    return [*of_the_text, *quick, SideBySide([*types, *_parts()])]


def _parts() -> list[Step]:
    return [
        Step(name, ["-m", "pytest", *arguments], without=SERVERS)
        for name, arguments in parts_of_tests().items()
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
        results = [result for step in all_steps for result in step.run()]
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


def _report(results: Sequence[Result]) -> int:
    say()
    table(
        ("step", "result", "seconds"),
        [(name, "ok" if ok else "FAILED", f"{took:.1f}") for name, ok, took in results],
    )
    failed = [one.name for one in results if not one.succeeded]
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
