"""Values of command line options. What is out of range is refused before anything begins."""

import argparse
import re
from collections.abc import Callable

_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)

# A worker's name; with --processes each process adds its number to it.
NAME_MAX_LENGTH = 90


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """A type for argparse: a whole number from `lowest` to `highest`."""

    def convert(text: str) -> int:
        if not _WHOLE.fullmatch(text) or not lowest <= int(text) <= highest:
            raise argparse.ArgumentTypeError(
                f"{text[:40]!r} is not a whole number from {lowest} to {highest}"
            )
        return int(text)

    return convert


def worker_name(text: str) -> str:
    """A type for argparse: a name that is fit for a log."""
    if not 0 < len(text) <= NAME_MAX_LENGTH or not text.isprintable() or text != text.strip():
        raise argparse.ArgumentTypeError(
            f"use 1 to {NAME_MAX_LENGTH} characters that can be printed, without spaces around them"
        )
    return text
