"""Environment variables with types. Each error is one sentence that names the variable."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

Number = TypeVar("Number", int, float)

_SWITCH = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(
    ("false", "no", "off", "0"), False
)
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)

# Of a value that is refused so much is shown, in case it has got into the wrong variable.
_SHOWN = 40


class Variables:
    """The variables of a process. One that is empty is not set; nothing in a value is replaced.

    Every method raises ImproperlyConfigured for a value that it cannot take.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.asked: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        """The value as it stands there; bytes that are no UTF-8 are refused, and not shown."""
        self.asked.add(name)
        value = self._values.get(name) or default
        if not value.isascii() and any("\ud800" <= one <= "\udfff" for one in value):
            raise ImproperlyConfigured(f"{name} is not UTF-8; set it to text in UTF-8.")
        return value

    def has(self, name: str) -> bool:
        """Whether it is set."""
        return self.text(name) != ""

    def given(self, prefix: str) -> list[str]:
        """The names of those that are set and begin so."""
        named = (name for name in self._values if name.startswith(prefix))
        return sorted(name for name in named if self._values[name])

    def names(self, name: str, default: Sequence[str]) -> list[str]:
        """A list that commas divide; spaces around its members do not count."""
        members = [one.strip() for one in self.text(name).split(",")]
        return [one for one in members if one] or list(default)

    def choice(self, name: str, default: str, choices: Sequence[str]) -> str:
        """One of several words."""
        word = self.text(name, default)
        if word not in choices:
            raise refused(name, word, f"set it to one of {', '.join(choices)}")
        return word

    def switch(self, name: str, *, default: bool) -> bool:
        """True or false. Other words are refused: a typing error must not switch off HTTPS."""
        word = self.text(name, str(default)).strip().lower()
        if word not in _SWITCH:
            raise refused(name, word, "set it to 'true' or 'false'")
        return _SWITCH[word]

    def whole(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A whole number within limits."""
        number = self._number(name, default, _WHOLE, int)
        if number is None or not lowest <= number <= highest:
            raise refused(
                name, self.text(name), f"set it to a whole number from {lowest} to {highest}"
            )
        return number

    def any_whole(self, name: str, default: int) -> int:
        """A whole number."""
        number = self._number(name, default, _WHOLE, int)
        if number is None:
            raise refused(name, self.text(name), "set it to a whole number")
        return number

    def any_number(self, name: str, default: float) -> float:
        """A number, with or without a fraction."""
        number = self._number(name, default, _NUMBER, float)
        if number is None:
            raise refused(name, self.text(name), "set it to a number, such as 2 or 0.5")
        return number

    def _number(
        self, name: str, default: Number, form: "re.Pattern[str]", cast: Callable[[str], Number]
    ) -> Number | None:
        text = self.text(name).strip()
        if not text:
            return default
        return cast(text) if form.fullmatch(text) else None


def is_url(text: str, form: re.Pattern[str]) -> bool:
    """Whether it has the form, and can be taken apart as a URL."""
    try:
        return form.fullmatch(text) is not None and urlsplit(text).port != 0
    except ValueError:  # no address in the brackets, or no such port
        return False


def refused(name: str, value: str, advice: str) -> ImproperlyConfigured:
    """The error about a variable whose value is no secret."""
    shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
    return ImproperlyConfigured(f"{name} is {shown!r}; {advice}.")
