"""The documents name tests, files and services that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = [
    path.read_text()
    for name in ("jobs", "scheduler", "tools")
    for path in (ROOT / name).rglob("*.py")
]
DEFINED = {name for text in PYTHON for name in re.findall(r"^ *def (\w+)\(", text, re.MULTILINE)}


def named(document: str, pattern: str) -> set[str]:
    """What the document names in code type and fits the pattern."""
    found = set(re.findall(rf"`({pattern})`", (ROOT / "docs" / document).read_text()))
    assert found, f"{document} names nothing like {pattern}"
    return found


def test_the_tests_that_prove_a_promise_exist() -> None:
    assert named("guarantees.md", r"test_\w+") <= DEFINED


def test_the_services_on_the_arrows_exist() -> None:
    services = named("states.md", r"(?:jobs?|dead_letter)_(?!loop)[a-z_]+")
    assert services <= DEFINED


@pytest.mark.parametrize("document", ["guarantees.md", "states.md"])
def test_the_files_named_exist(document: str) -> None:
    for pattern in named(document, r"(?:jobs|docs)/[\w/*.]+"):
        assert list(ROOT.glob(pattern)), f"{document} names {pattern}"
