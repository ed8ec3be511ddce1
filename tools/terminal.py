"""What tools say. Plain lines; a little emphasis where a person sits at a terminal."""

import os
import sys
from collections.abc import Iterable, Sequence

_BOLD, _DIM, _RED, _NORMAL = "\033[1m", "\033[2m", "\033[31m", "\033[0m"


def say(text: str = "") -> None:
    """One line, at once. A reader who has gone away is no reason to stop."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def heading(text: str) -> None:
    """The next thing that is done."""
    say(_styled(_BOLD, text))


def problem(text: str) -> None:
    """Something a person must know."""
    say(_styled(_RED, text))


def complain(text: str) -> None:
    """The same on standard error: not among figures, which may be read by a machine."""
    print(text, file=sys.stderr, flush=True)


def aside(who: str, text: str) -> None:
    """A line that comes from a process in the background."""
    say(f"{_styled(_DIM, f'{who:>10} |')} {text}")


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Says the lines of a table, its header emphasized."""
    first, *others = aligned(header, rows)
    say(_styled(_BOLD, first))
    for line in others:
        say(line)


def aligned(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Returns one line for the header and each row, with columns as wide as what is in them."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *texts, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [list(header), *texts]
    ]


def _styled(style: str, text: str) -> str:
    return f"{style}{text}{_NORMAL}" if sys.stdout.isatty() else text
