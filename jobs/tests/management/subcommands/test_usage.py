"""The command itself: bad usage, help, and what an outage looks like."""

import json

import pytest
from django.db import OperationalError

from jobs.management.output import json_shown, printable
from jobs.management.subcommands import SUBCOMMANDS
from jobs.tests.management.conftest import Run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["paint"],
        ["show"],
        ["show", "not-an-id"],
        ["list", "--state", "lost"],
        ["list", "--limit", "0"],
        ["cancel"],
    ],
    ids=" ".join,
)
def test_bad_usage_exits_with_2(run: Run, arguments: list[str]) -> None:
    printed = run(*arguments)
    assert printed.status == 2
    assert printed.out == ""
    assert printed.err


def test_help_names_every_subcommand(run: Run) -> None:
    printed = run("--help")
    assert printed.status == 0
    assert all(name in printed.out for name in SUBCOMMANDS)


def test_an_outage_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(seconds: str, limit: float) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("jobs.management.subcommands.list.limit_transaction", refuse)
    printed = run("list")
    assert printed.status == 1
    assert "PostgreSQL did not do it: connection refused" in printed.err
    assert "Traceback" not in printed.err


def test_what_would_control_a_terminal_is_escaped() -> None:
    assert printable("a\x1b[2Jb\nc") == "a\\x1b[2Jb\\nc"
    assert printable("grün ✓") == "grün ✓"


def test_json_controls_no_terminal_either() -> None:
    value = {"gr\u00fcn \u2713": "a\x1b[2J\x9b2J\u202eb\nc"}
    text = json_shown(json.dumps(value, indent=2, ensure_ascii=False))
    assert json.loads(text) == value
    assert text.replace("\n", "").isprintable()
    assert "gr\u00fcn \u2713" in text
