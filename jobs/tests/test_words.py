"""One word for one thing: words that docs/glossary.md has replaced do not come back.

In identifiers and in prose, of code, tests and documents. Words of ordinary English that were
given up as terms only ("room", "look", "settle", "standing") are not listed: they cannot be told
from their ordinary use.
"""

import re
from pathlib import Path

import pytest

from jobs.tests.sources import ROOT

GLOSSARY = ROOT / "docs" / "glossary.md"

# What is written now, a term of the glossary, and the words that stood there before.
REPLACED = {
    "broker": ["doorbell"],
    "database": ["ledger"],
    "dispatch": ["ring", "rang", "rung", "ringing"],
    "redispatch": ["reconcile", "reconciler", "reconciling"],
    "release lost claims": ["disown", "disowned", "disowning"],
    "key conflict": ["contest", "contested", "contesting"],
    "pools": ["lane"],
    "stalled": ["hoard", "hoarded", "hoarder", "hoarding"],
    "unresponsive": ["deaf"],
    "memory": ["footprint"],
}
# The documents may speak of two levels; code says what each of them is.
REPLACED_IN_CODE = {"cache mark": ["L1"], "processed key": ["L2"]}

# Former names of settings, which are refused with the present ones.
EXCEPTIONS = {"jobs/core/conf.py": {"ring", "reconcile"}}

# `ProcessedKey`, `PROCESSED_KEY` and `processed key` are two words each.
WORD = re.compile(r"L[12](?!\d)|[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
CODE = {".py", ".sql", ".lua", ".html", ".txt", ""}
FILES = [
    path
    for folder in ("accounts", "jobs", "scheduler", "tools", "bin", "docs")
    for path in (ROOT / folder).rglob("*")
    if path.is_file()
    and path.suffix in CODE | {".md"}
    and "__pycache__" not in path.parts
    # History: the names of columns as they were, and the page that explains the words.
    and "migrations" not in path.parts
    and path not in {Path(__file__).resolve(), GLOSSARY}
] + [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "manage.py"]


def forms(replaced: dict[str, list[str]]) -> dict[str, str]:
    """Each replaced word and its plural, and what is written now."""
    return {
        form: term
        for term, words in replaced.items()
        for word in words
        for form in (word, f"{word}s")
    }


def replaced_in(text: str, terms: dict[str, str]) -> list[str]:
    """What stands in the text and was replaced, with line and present term."""
    return [
        f"line {number}: {word!r}; write {terms[key]!r}"
        for number, line in enumerate(text.splitlines(), 1)
        for word in WORD.findall(line)
        if (key := word if word in terms else word.lower()) in terms
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_replaced_words_do_not_come_back(path: Path) -> None:
    terms = forms(REPLACED | (REPLACED_IN_CODE if path.suffix in CODE else {}))
    allowed = EXCEPTIONS.get(str(path.relative_to(ROOT)), set())
    for word in allowed:
        del terms[word]
    assert replaced_in(path.read_text(encoding="utf-8"), terms) == []


def test_there_are_files_to_read() -> None:
    assert len(FILES) > 300
    assert not EXCEPTIONS.keys() - {str(path.relative_to(ROOT)) for path in FILES}


def test_every_exception_is_still_one() -> None:
    for name, words in EXCEPTIONS.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        for word in words:
            assert replaced_in(text, {word: "another"}), f"{name} no longer says {word!r}"


@pytest.mark.parametrize(
    "text", ["rung_at", "RUNG_AT", "the Doorbell", "JobLedger", "job_ledgers", "lanes", "HTTPLane"]
)
def test_replaced_words_would_be_seen(text: str) -> None:
    assert replaced_in(text, forms(REPLACED))


@pytest.mark.parametrize("text", ["spring", "string", "bring", "HEALTH_L10N", "planes", "deafen"])
def test_other_words_are_left_alone(text: str) -> None:
    assert replaced_in(text, forms(REPLACED | REPLACED_IN_CODE)) == []


@pytest.mark.parametrize("term", [*REPLACED, *REPLACED_IN_CODE])
def test_what_is_written_now_is_in_the_glossary(term: str) -> None:
    rows = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if "|" in line]
    assert any(term in row.split("|")[1] for row in rows)
