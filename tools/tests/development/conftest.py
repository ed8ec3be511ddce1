"""Fixtures of the tests of the environment and of the two commands."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.env import BASE_DIR
from tools.development.hold import Hold, hold_servers

_OURS = ("ENVIRONMENT", "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variables of the service, as in a terminal that was just opened."""
    for name in list(os.environ):
        if name in _OURS or name.startswith("JOBS_"):
            monkeypatch.delenv(name)


@pytest.fixture
def deep_directory(tmp_path: Path) -> Path:
    """A directory with spaces in its path, which is too long for a Unix socket."""
    directory = tmp_path / "deep down" / ("x" * 100)
    directory.mkdir(parents=True)
    return directory


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Hold]:
    """This process's share in a Valkey of its own."""
    hold = hold_servers(["REDIS_URL"], tmp_path)["REDIS_URL"]
    yield hold
    if not hold.ended():
        hold.leave()
    if hold._keeper is not None:
        hold._keeper.wait(timeout=30)


@pytest.fixture
def checkout(tmp_path: Path, clean_environment: None) -> Path:
    """A copy of the project as a new clone would be, with our virtual environment."""
    copy = tmp_path / "a clone"
    copy.mkdir()
    for name in ("accounts", "jobs", "scheduler", "bin"):
        shutil.copytree(
            BASE_DIR / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "tests")
        )
    for name in ("manage.py", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(BASE_DIR / name, copy)
    (copy / ".venv").symlink_to(sys.prefix)
    return copy
