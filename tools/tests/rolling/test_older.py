"""Which revision a rolling deploy begins with, and which options it refuses."""

import subprocess
from pathlib import Path

import pytest

from tools.errors import ToolError
from tools.rolling import older
from tools.rolling.older import describe, older_revision
from tools.rolling.options import parse

_AUTHOR = ("-c", "user.name=t", "-c", "user.email=t@example.com")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(older, "CHECKOUT", tmp_path)
    monkeypatch.setattr(older, "RELEASED", tmp_path / "released_migrations.json")
    git(tmp_path, "init", "-q")
    (tmp_path / "shop" / "migrations").mkdir(parents=True)
    (tmp_path / "released_migrations.json").write_text('{"shop": "0001_initial"}')
    add_migration(tmp_path, "0001_initial")
    return tmp_path


def git(directory: Path, *arguments: str) -> None:
    subprocess.run(["git", *_AUTHOR, *arguments], cwd=directory, check=True)


def add_migration(directory: Path, name: str) -> None:
    """A commit whose subject is that name."""
    (directory / "shop" / "migrations" / f"{name}.py").touch()
    git(directory, "add", ".")
    git(directory, "commit", "-q", "-m", name)


def test_it_is_the_last_commit_that_has_only_released_migrations(repository: Path) -> None:
    (repository / "more").touch()
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "later, and without a migration")
    add_migration(repository, "0002_expand")
    add_migration(repository, "0003_more")
    assert describe(older_revision()).endswith(" later, and without a migration")


def test_it_is_the_last_tag_where_there_is_one(repository: Path) -> None:
    git(repository, "tag", "v1")
    add_migration(repository, "0002_expand")
    assert older_revision() == "v1"


def test_where_nothing_is_new_a_person_has_to_say(repository: Path) -> None:
    with pytest.raises(ToolError, match="--from"):
        older_revision()


@pytest.mark.parametrize(
    "arguments",
    [("--rate", "0"), ("--rate", "nan"), ("--seconds", "-1"), ("--workers", "0"), ("surplus",)],
)
def test_options_that_make_no_sense(arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as refused:
        parse(arguments)
    assert refused.value.code == 2
