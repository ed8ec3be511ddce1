"""What is said at the terminal."""

import pytest

from tools.child import readable
from tools.terminal import aside, heading, table


def test_without_a_terminal_there_are_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    heading("Starting")
    aside("worker 1", "ready")
    table(("job", "result"), [("a", "succeeded"), ("bcd", "dead")])
    assert capsys.readouterr().out == (
        "Starting\n"
        "  worker 1 | ready\n"
        "job  result\n"
        "a    succeeded\n"
        "bcd  dead\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("2026-11-24 00:14:27,123 INFO Worker ready", "00:14:27 Worker ready"),
        ("2026-11-24 00:14:27,123 ERROR Job is dead", "00:14:27 ERROR Job is dead"),
        ("Traceback (most recent call last):", "Traceback (most recent call last):"),
    ],
)
def test_log_lines_become_readable(line: str, shown: str) -> None:
    assert readable(line) == shown
