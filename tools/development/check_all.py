"""bin/test: everything that must hold, one step after the other, then what failed."""

import os
import platform
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import django

from scheduler.env import DEVELOPMENT
from tools.checkout import CHECKOUT
from tools.development.browser import find_browser
from tools.development.check_options import parse
from tools.development.test_directory import take_test_directory
from tools.errors import ToolError
from tools.servers import provide_servers
from tools.terminal import heading, problem, say, table


@dataclass(frozen=True)
class Step:
    """One command; `environment` is added to that of this process."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self) -> bool:
        """Runs it, with its output on the terminal; whether it succeeded."""
        heading(f"--- {self.name}")
        command = [sys.executable, *self.arguments]
        environment = {**os.environ, **self.environment}
        return subprocess.run(command, cwd=CHECKOUT, env=environment).returncode == 0  # noqa: S603


def steps(pytest_arguments: Sequence[str]) -> list[Step]:
    """All of them, in order: the quick ones first."""
    return [
        *(_of_the_text() if django.VERSION < (6,) else []),
        Step("migrations", ["manage.py", "makemigrations", "--check", "--dry-run"]),
        Step(
            "deployment",
            ["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            _production(),
        ),
        Step("tests", ["-m", "pytest", *pytest_arguments]),
    ]


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
        results = [(step.name, *_timed(step)) for step in steps(arguments)]
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


def _timed(step: Step) -> tuple[bool, float]:
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
