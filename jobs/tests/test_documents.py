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


def prose_of(page: Path) -> str:
    """The page without its examples."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors_of(page: Path) -> set[str]:
    """What a link may name of a page: its headings, as they are shown."""
    headings = re.findall(r"^#+ (.*)$", prose_of(page), re.MULTILINE)
    shown = [re.sub(r"\[([^\]]*)\]\([^)]*\)|`", r"\1", one) for one in headings]
    return {re.sub(r"[^\w\- ]", "", one.strip().lower()).replace(" ", "-") for one in shown}


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    astray = []
    for page in pages:
        for link in re.findall(r"\]\(([^)\s]+)\)", prose_of(page)):
            name, _, anchor = link.partition("#")
            target = (page.parent / name).resolve() if name else page
            if link.startswith("http"):
                continue
            is_there = target.exists() and (not anchor or anchor in anchors_of(target))
            if not is_there:
                astray.append(f"{page.relative_to(ROOT)}: {link}")
    assert astray == []
