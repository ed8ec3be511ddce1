"""One word for one thing: words that docs/glossary.md has replaced do not come back.

In identifiers and in prose, of code and of tests. Words of ordinary English that were given up as
terms only ("room", "look", "settle") are not listed: they cannot be told from their ordinary use.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What stood there before, and what is written now.
REPLACED = {
    "doorbell": "Redis, the broker",
    "ledger": "PostgreSQL, the database",
    "rung": "dispatched",
    "ringing": "dispatching",
    "lane": "pool",
    "hoard": "stalled",
    "hoarding": "stalled",
    "disown": "release lost claims",
    "contested": "has_key_conflict, key conflict",
    "contest": "key conflict",
    "deaf": "unresponsive",
    "footprint": "memory",
    "reconciler": "redispatch",
}
WORD = re.compile(r"(?<![a-z])(" + "|".join(REPLACED) + r")s?(?![a-z])", re.IGNORECASE)

FILES = [
    path
    for folder in ("accounts", "jobs", "scheduler", "tools", "bin", "docs")
    for path in (ROOT / folder).rglob("*")
    if path.is_file()
    and path.suffix in {".py", ".sql", ".lua", ".html", ".txt", ".md", ""}
    and "__pycache__" not in path.parts
    # History: the names of columns as they were, and the page that explains the words.
    and "migrations" not in path.parts
    and path not in {Path(__file__).resolve(), ROOT / "docs" / "glossary.md"}
]


def test_there_are_files_to_read() -> None:
    assert len(FILES) > 300


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_replaced_words_do_not_come_back(path: Path) -> None:
    found = [
        f"line {number}: {match[0]!r}; write {REPLACED[match[1].lower()]!r}"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for match in WORD.finditer(line)
    ]
    assert found == []
