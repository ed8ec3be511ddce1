"""Runs `manage.py jobs` as a shell does, in this process."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from jobs.management.commands.jobs import Command


@dataclass(frozen=True)
class Printed:
    """What the command has left: its exit status, and both streams."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Printed]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("list", "--json")` is `manage.py jobs list --json`."""

    def run_jobs(*arguments: object) -> Printed:
        status = 0
        try:
            Command().run_from_argv(["manage.py", "jobs", *map(str, arguments)])
        except SystemExit as end:
            status = int(str(end.code or 0))
        return Printed(status, *capsys.readouterr())

    return run_jobs
