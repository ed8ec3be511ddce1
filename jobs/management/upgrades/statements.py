"""SQL as migrations have it, taken apart far enough to see what each statement does."""

import re
from typing import Any

# What may hold a semicolon or a comma that divides nothing: quoted texts, bodies of functions,
# comments. A name in double quotes stays as it is.
_OPAQUE = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<body>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)|'(?:[^']|'')*'",
    re.DOTALL,
)
# A text that is one word is kept: it may be the value of a setting, and no statement.
_WORD = re.compile(r"'\w+'")


def statements_in(sql: Any) -> list[str]:
    """The statements of a `RunSQL`, whose `sql` is a text, or several, perhaps with parameters."""
    if isinstance(sql, str):
        return statements_of(sql)
    texts = [one if isinstance(one, str) else one[0] for one in sql]
    return [statement for text in texts for statement in statements_of(text)]


def statements_of(text: str) -> list[str]:
    """The statements, each in one line.

    Texts in quotes are `''` unless they are a single word, and bodies of functions are `$$`.
    """
    plain = _OPAQUE.sub(_instead, text)
    return [" ".join(one.split()) for one in plain.split(";") if one.strip()]


def parts_of(text: str) -> list[str]:
    """What commas divide, those in parentheses not counted."""
    parts, depth, begins = [], 0, 0
    for position, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append(text[begins:position])
            begins = position + 1
    return [one.strip() for one in [*parts, text[begins:]]]


def _instead(found: "re.Match[str]") -> str:
    if found["comment"]:
        return " "
    if found["body"]:
        return "$$"
    return found[0] if _WORD.fullmatch(found[0]) else "''"
