"""What the subcommands of `manage.py jobs` print: tables for people, JSON for programs."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

NOTHING = "-"


class Stream(Protocol):
    """Where a command prints: Django's `stdout` and `stderr`."""

    def write(self, msg: str = "") -> None:
        """Writes a line."""
        ...

    def flush(self) -> None:
        """Hands over what was written."""
        ...


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """Ends the block quietly where the reader, such as `head`, has what it wanted.

    Nothing more can be printed then.
    """
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Output:
    """Where a subcommand prints; `as_json`: whether a program reads it."""

    def __init__(self, stdout: Stream, stderr: Stream, *, as_json: bool) -> None:
        self._stdout = stdout
        self._stderr = stderr
        self.as_json = as_json

    def line(self, text: str) -> None:
        """Prints one line at once, also into a pipe."""
        self._stdout.write(text)
        self._stdout.flush()

    def document(self, value: object) -> None:
        """Prints a JSON document that people can read as well."""
        self.line(json_shown(json.dumps(value, indent=2, ensure_ascii=False)))

    def json_line(self, value: object) -> None:
        """Prints a JSON document in one line: one of a stream of them."""
        self.line(json_shown(json.dumps(value, ensure_ascii=False)))

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Prints columns below their headings, each as wide as its widest value."""
        lines = [list(headings), *([shown(value) for value in row] for row in rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
        for line in lines:
            cells = [value.ljust(width) for value, width in zip(line, widths, strict=True)]
            self.line("  ".join(cells).rstrip())

    def error(self, text: str) -> None:
        """Says on standard error why something was not done."""
        self._stderr.write(printable(text))


def shown(value: object) -> str:
    """A value as a table shows it; `-` where there is none."""
    return NOTHING if value in (None, "") else printable(str(value))


def json_shown(text: str) -> str:
    """The same JSON, with escapes for what controls a terminal beside what JSON itself escapes."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text
    )


def printable(text: str) -> str:
    """The text without characters that control a terminal: clients choose names and keys."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )
