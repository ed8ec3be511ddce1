"""How often something may happen: `60/min`."""

import re
from dataclasses import dataclass
from typing import NamedTuple

_SECONDS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60}
_SECONDS |= {"h": 3_600, "hour": 3_600, "d": 86_400, "day": 86_400}
_FORM = re.compile(r"([1-9][0-9]{0,6})/([a-z]+)")


@dataclass(frozen=True)
class Rate:
    """How many times in how many seconds."""

    times: int
    seconds: int

    @classmethod
    def of(cls, text: str) -> "Rate":
        """What a text such as `60/min` says; raises ValueError for any other text."""
        match = _FORM.fullmatch(text)
        if match is None or match[2] not in _SECONDS:
            raise ValueError("not a rate")
        return cls(int(match[1]), _SECONDS[match[2]])

    def __mul__(self, factor: int) -> "Rate":
        """Several times as often."""
        return Rate(self.times * factor, self.seconds)


class OwnRates(NamedTuple):
    """The rates that an account has for itself; None: as every account."""

    reads: Rate | None = None
    writes: Rate | None = None
