"""Log lines for people: one record is one line, whatever stands in it."""

import logging
import sys

import pytest

from scheduler.logs.text_formatter import TextFormatter

FORGED = "ann\r\n2026-01-01 00:00:00,000 INFO Worker a ready"


def line(message: str, *arguments: object, **fields: object) -> str:
    record = logging.LogRecord("jobs", logging.INFO, "", 0, message, arguments, None)
    record.__dict__.update(fields)
    return TextFormatter().format(record)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, with umlauts: ä, and an emoji: 🎉", "plain, with umlauts: ä, and an emoji: 🎉"),
        ("a space that does not break:\xa0", "a space that does not break:\xa0"),
        (FORGED, r"ann\r\n2026-01-01 00:00:00,000 INFO Worker a ready"),
        ("\x1b[2J\x1b[1;1H", r"\x1b[2J\x1b[1;1H"),
        ("tab\tand bell\a", r"tab\tand bell\x07"),
        ("\u202eright to left", r"\u202eright to left"),
        ("\u2028", r"\u2028"),
        ("half a pair: \ud800", r"half a pair: \ud800"),
        ("C:\\new", "C:\\new"),
        ("C:\\new\n", r"C:\\new\n"),
    ],
)
def test_what_a_client_says_stays_on_its_line(text: str, shown: str) -> None:
    assert line("Signed up: %s", text).endswith(f"INFO Signed up: {shown}")


def test_frames_of_our_own_keep_their_lines() -> None:
    assert line("The worker failed\n%s", "frame 1\nframe 2", lines=True).count("\n") == 2


def test_a_traceback_keeps_its_lines_and_no_escape_code() -> None:
    try:
        raise ValueError("\x1b[2J\nsecond line")
    except ValueError:
        record = logging.LogRecord("jobs", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    text = TextFormatter().format(record)
    assert "\x1b" not in text
    assert text.splitlines()[-2:] == [r"ValueError: \x1b[2J", "second line"]


def test_the_time_of_a_line_is_that_of_its_record() -> None:
    """Though lines of one second share the work of it."""
    formatter, plain = TextFormatter(), logging.Formatter("%(asctime)s")
    for created in (1_700_000_000.25, 1_700_000_000.999, 1_700_000_001.0, 1_699_999_999.5):
        record = logging.makeLogRecord({"created": created, "msecs": created % 1 * 1_000})
        assert formatter.format(record).startswith(f"{plain.format(record)} ")
