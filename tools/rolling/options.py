"""The command line of `python -m tools.rolling`. Needs the standard library alone."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DESCRIPTION = """Deploys this checkout over an older version while clients submit jobs, and goes
back again: migrations, new processes beside the old ones, the old ones drained, and the other way
round with the new tables. Counts what became of every job and every call. Servers and data are its
own. Exit status 1 if a job was lost or done twice, or a call failed; 2 for a wrong option."""


@dataclass(frozen=True)
class Options:
    """`old`: the revision of the older version; empty: the last release, or what stands for it."""

    old: str
    rate: float
    seconds: float
    workers: int
    keep: bool
    directory: Path | None


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Returns the options; exits with 2 and a sentence where they make no sense."""
    parser = argparse.ArgumentParser(prog="python -m tools.rolling", description=DESCRIPTION)
    parser.add_argument(
        "--from",
        dest="old",
        default="",
        metavar="REVISION",
        help="the older version (default: the last tag, else the last commit without a migration "
        "that released_migrations.json does not name)",
    )
    parser.add_argument(
        "--rate", type=float, default=20.0, help="jobs a second (default: %(default)g)"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=10.0,
        help="how long each state lasts: old, both, new, both, old (default: %(default)g)",
    )
    parser.add_argument("--workers", type=int, default=2, help="of each version")
    parser.add_argument("--keep", action="store_true", help="leave data and logs there")
    parser.add_argument("--directory", type=Path, help="for data and logs (default: .data/rolling)")
    said = parser.parse_args(arguments)
    if not 0 < said.rate <= 10_000 or not 0 < said.seconds <= 86_400 or not 1 <= said.workers <= 64:
        parser.error("--rate is 0 to 10000, --seconds 0 to 86400, --workers 1 to 64")
    return Options(said.old, said.rate, said.seconds, said.workers, said.keep, said.directory)


if __name__ == "__main__":
    parse()
