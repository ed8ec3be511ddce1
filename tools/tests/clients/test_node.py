"""Node.js for the clients in TypeScript: found, or missed in words; packages fetched once."""

from pathlib import Path

import pytest

from tools.clients.node import node_with_packages
from tools.errors import ToolError

NODE = 'echo "v22.1.0"'


def program(directory: Path, name: str, text: str) -> None:
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where alone programs are found."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "bin"


def test_without_it_a_sentence_says_what_to_install(programs: Path, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"^node is not here: .* apt install nodejs npm"):
        node_with_packages(tmp_path / "clients")
    program(programs, "node", NODE)
    with pytest.raises(ToolError, match=r"^npm is not here"):
        node_with_packages(tmp_path / "clients")


def test_one_that_is_too_old_is_refused(programs: Path, tmp_path: Path) -> None:
    program(programs, "node", 'echo "v18.19.0"')
    program(programs, "npm", "exit 0")
    with pytest.raises(ToolError, match=r"20 or newer is needed; .*node is v18\.19\.0"):
        node_with_packages(tmp_path / "clients")


def test_packages_that_do_not_come_are_a_failure(programs: Path, tmp_path: Path) -> None:
    program(programs, "node", NODE)
    program(programs, "npm", "echo no network; exit 1")
    with pytest.raises(ToolError, match=r"npm could not fetch .*: no network"):
        node_with_packages(tmp_path / "clients")


def test_packages_are_fetched_once(programs: Path, tmp_path: Path) -> None:
    program(programs, "node", NODE)
    program(programs, "npm", f"echo fetched >> {tmp_path}/log")
    for _ in range(2):
        node_with_packages(tmp_path / "clients")

    assert (tmp_path / "log").read_text() == "fetched\n"
    assert (tmp_path / "clients" / "package-lock.json").exists()
