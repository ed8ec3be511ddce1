"""The command line of `python -m tools.promises`. Needs the standard library alone."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from tools.measuring.program import add_production_option

PROMISES = ("due", "delayed", "weights", "tenant", "shares", "rate", "pause", "schedules")

DESCRIPTION = """Tries the promises about delays, queues, limits and schedules at full size, which
takes ten minutes on two cores. Makes a database of its own on the configured servers, and drops it
at the end. Exit status 1 if a promise is broken."""


@dataclass(frozen=True)
class Options:
    """`scale`: of 1 is the size that is promised; less takes less time and proves less."""

    only: list[str]
    scale: float
    yes_really: bool

    def of(self, full: int, least: int = 1) -> int:
        """So many at this scale, where `full` are promised."""
        return max(least, int(full * self.scale))


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Returns the options; exits with 2 and a sentence where they make no sense."""
    parser = argparse.ArgumentParser(prog="python -m tools.promises", description=DESCRIPTION)
    parser.add_argument(
        "--only", metavar="NAME,NAME", help=f"of {', '.join(PROMISES)} (default: all)"
    )
    parser.add_argument(
        "--scale", type=_scale, default=1.0, help="0.001 to 1 of the size (default: 1)"
    )
    add_production_option(parser)
    said = parser.parse_args(arguments)
    only = [name.strip() for name in (said.only or "").split(",") if name.strip()] or PROMISES
    if unknown := [name for name in only if name not in PROMISES]:
        parser.error(f"--only {unknown[0]}: choose from {', '.join(PROMISES)}")
    return Options([name for name in PROMISES if name in only], said.scale, said.yes_really)


def _scale(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.001 <= value <= 1:
        raise argparse.ArgumentTypeError("must be a number from 0.001 to 1")
    return value


if __name__ == "__main__":
    parse()
