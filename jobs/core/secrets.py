"""Values of a payload that nobody may see: in a payload told by field, in free text by value."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "********"
# A text that stands for a message: see `Secrets.is_withheld`.
WITHHELD = "(withheld: a sensitive value of the payload is too short to be masked in it)"
# Shorter values occur in texts that have nothing to do with them. Masking them everywhere would
# make texts unreadable, and show the value by what is missing.
REPLACED_FROM = 6  # characters


class Secrets:
    """The values of a payload's sensitive fields, as they were when this was made.

    To be made before the handler gets the payload, which it may change. That takes a look at each
    value; the rest is done when a text is to be masked.
    """

    def __init__(self, payload: dict[str, Any], sensitive: Iterable[str]) -> None:
        """`sensitive`: names of fields; all texts and numbers within them are secret."""
        self._values = [text for name in sensitive for text in _texts(payload.get(name))]

    @cached_property
    def is_withheld(self) -> bool:
        """Whether a value is too short to be replaced in free text: that must not be shown."""
        return bool(self._short)

    def without(self, text: str) -> str:
        """A text without the values of six characters and more."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def cut(self, text: str, length: int) -> str:
        """The first `length` characters, without the beginning of a value that is cut in two.

        A value whose end is missing is not found any more when the text is masked.
        """
        if len(text) <= length:
            return text
        return self.without_begun(text[:length])

    def without_begun(self, text: str) -> str:
        """A text that was cut off, without the six and more characters of a value at its end."""
        begins = [begin for form in self._forms if (begin := _begin_at_end(text, form)) is not None]
        return text[: min(begins, default=len(text))]

    def message(self, text: str) -> str:
        """A message as it may be shown: masked, or withheld."""
        if not text:
            return text
        return WITHHELD if self.is_withheld else self.without(text)

    def value(self, value: Any) -> Any:
        """A text or number out of JSON as it may be shown."""
        if isinstance(value, str):
            return MASK if value.strip() in self._short else self.without(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return MASK if str(value) in self._short or str(value) in self._long else value
        return value

    @cached_property
    def _short(self) -> frozenset[str]:
        return frozenset(one for one in self._stripped if len(one) < REPLACED_FROM)

    @cached_property
    def _long(self) -> frozenset[str]:
        return frozenset(one for one in self._stripped if len(one) >= REPLACED_FROM)

    @cached_property
    def _stripped(self) -> set[str]:
        """Without the space around them, with which a handler may do as it likes."""
        return {stripped for value in self._values if (stripped := value.strip())}

    @cached_property
    def _forms(self) -> list[str]:
        """The longest first, because one secret may be the beginning of another."""
        return sorted({form for text in self._long for form in _forms_of(text)}, key=len)[::-1]


NO_SECRETS = Secrets({}, ())


def _begin_at_end(text: str, form: str) -> int | None:
    """Where the form begins, if the text ends within it."""
    begin = text.find(form[:REPLACED_FROM], max(len(text) - len(form) + 1, 0))
    while begin >= 0:
        if form.startswith(text[begin:]):
            return begin
        begin = text.find(form[:REPLACED_FROM], begin + 1)
    return None


def _texts(value: Any) -> Iterator[str]:
    """Every text and number inside a JSON value. Names of members are those of the schema."""
    if isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _forms_of(text: str) -> Iterator[str]:
    """A value as it is, and as Python, JSON, URLs and base64 write it."""
    yield from _base64_forms(text.encode("utf-8", "surrogatepass"))
    for one in (text, text.lower(), text.upper()):
        yield one
        yield repr(one)[1:-1]
        yield ascii(one)[1:-1]
        yield repr(one.encode("utf-8", "surrogatepass"))[2:-1]
        yield json.dumps(one)[1:-1]
        yield json.dumps(one, ensure_ascii=False)[1:-1]
        yield quote(one, errors="replace")
        yield quote_plus(one, errors="replace")


def _base64_forms(value: bytes) -> Iterator[str]:
    """What base64 makes of it, whatever stands before and after it: credentials of HTTP Basic are
    a name and a password."""
    for before in range(3):
        begin, end = -(-8 * before // 6), 8 * (before + len(value)) // 6
        for encode in (b64encode, urlsafe_b64encode):
            yield encode(b"\0" * before + value).decode()[begin:end]
