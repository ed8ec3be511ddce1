"""What a companion is: work beside the load of each fault, with promises of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tools.chaos.world import World


@dataclass(frozen=True)
class CompanionReport:
    """What became of it. `figures` are for programs, `line` says the same for people."""

    name: str
    line: str
    figures: Mapping[str, object]
    broken: list[str] = field(default_factory=list)


class Companion(Protocol):
    """Begins before a fault, goes on through it, and is judged when everything has healed."""

    def begin(self) -> None:
        """Begins; everything is well at this moment."""
        ...

    def stop(self) -> None:
        """Makes no more work; the fault is over."""
        ...

    def is_settled(self) -> bool:
        """Whether nothing of it is left to happen. Asked again and again, until time is up."""
        ...

    def report(self) -> CompanionReport:
        """Judges it."""
        ...


MakeCompanion = Callable[[World, str], Companion]
"""Makes the companion of one fault; every name that it gives begins with the text and a hyphen."""
