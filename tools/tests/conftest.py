"""Fixtures of the tests of the environment and of the two commands."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.checkout import CHECKOUT
from tools.servers.hold import Hold, hold_servers
from tools.tests.environment import clean_environment

__all__ = ["clean_environment"]


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
    for name in ("accounts", "jobs", "scheduler", "tools", "bin"):
        shutil.copytree(
            CHECKOUT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "tests")
        )
    for file in (CHECKOUT / "manage.py", *CHECKOUT.glob("requirements*.txt")):
        shutil.copy(file, copy)
    # Under its own name: as `.venv`, an environment with Django 6 would get Django 5.2 again.
    environment = Path(sys.prefix)
    (copy / environment.name).symlink_to(environment)
    return copy
