"""A `.env` file: a variable a line."""

import os
import re
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z_0-9]*)\s*=(.*)")
_ESCAPED = re.compile(r"\\(.)")


def read_file(path: Path) -> None:
    """Takes over the variables of the file that the process does not have.

    `NAME=value`, with or without `export`; a value in quotes loses them, and in double quotes `\\"`
    stands for `"`. Nothing else has a meaning: `$`, `#` and spaces within a value are kept. Lines
    that are empty or begin with `#` are left out. Raises ImproperlyConfigured for any other line,
    without showing it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ImproperlyConfigured(f"{path} cannot be read: {reason}.") from None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None or "\0" in line:
            raise ImproperlyConfigured(f"Line {number} of {path} is not of the form NAME=value.")
        os.environ.setdefault(match[1], _value(match[2].strip()))


def _value(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1]
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return _ESCAPED.sub(r"\1", text[1:-1])
    return text
