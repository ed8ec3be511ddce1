"""What a person says to bin/benchmark. The standard library alone: `--help` installs nothing."""

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.benchmark.sizes import JOBS_DEFAULT, JOBS_QUICK, Sizes
from tools.measuring.program import add_production_option

MEASURES = (
    "drain",
    "enqueue",
    "http",
    "pickup",
    "lateness",
    "io",
    "failures",
    "idle",
    "limits",
    "schedules",
    "waiting",
    "streams",
    "pooler",
    "redispatch",
    "growth",
    "memory",
)
NUMBER_MAX = 100_000_000
COMPARED = ("drain", "drains", "enqueue", "bulk", "addJob", "view", "addJobs", "pickup")

# One measure of seven with --against: ten minutes in all, or three.
SECONDS_A_MEASURE, SECONDS_QUICK = 75.0, 18.0

DESCRIPTION = """\
Measures drains, latency, enqueueing, the API, growth and memory, each beside what PostgreSQL and
Redis could do alone. It takes both cores of a small machine for minutes, and uses the configured
servers with a database of its own.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What a person asked for.

    `only` names measures. `against` is the commit of another version, to measure beside this one;
    then a measure takes `seconds_a_measure`, or has `pairs` of turns, each of which does `count`.
    """

    only: list[str]
    sizes: Sizes
    json: bool
    yes_really: bool
    against: str | None
    seconds_a_measure: float
    pairs: int | None
    count: int | None


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Returns the options; exits with 2 and a sentence where they make no sense."""
    parser = argparse.ArgumentParser(prog="bin/benchmark", description=DESCRIPTION)
    parser.add_argument(
        "--only",
        metavar="NAME,NAME",
        help=f"of {', '.join(MEASURES)}; with --against of {', '.join(COMPARED)} (default: all)",
    )
    parser.add_argument(
        "--jobs",
        type=whole(NUMBER_MAX),
        help=f"in one drain; all other amounts follow from it (default: {JOBS_DEFAULT:,}). With "
        "--against, in one turn (default: what takes a second)",
    )
    parser.add_argument(
        "--repeat",
        type=whole(NUMBER_MAX),
        metavar="RUNS",
        help="report the median of these (default: 3). With --against, pairs of turns (default: as "
        "many as ten minutes allow for all measures)",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"{JOBS_QUICK:,} jobs in a drain, and one run. With --against, three minutes for all",
    )
    parser.add_argument(
        "--processes",
        type=whole(NUMBER_MAX),
        default=os.cpu_count() or 1,
        help="workers of the drain with several (default: one per core, %(default)s here)",
    )
    parser.add_argument(
        "--against",
        metavar="COMMIT",
        help="run this version and that one in short turns, and print the ratio of each figure; "
        "exit status 1 if one is worse by more than 3 %% and by more than the spread of its turns",
    )
    parser.add_argument("--json", action="store_true", help="machine-readable, to stdout")
    add_production_option(parser)
    said = parser.parse_args(arguments)
    known = COMPARED if said.against else MEASURES
    return Options(
        only=chosen(parser, said.only, known),
        sizes=Sizes(
            jobs=said.jobs or (JOBS_QUICK if said.quick else JOBS_DEFAULT),
            repeat=said.repeat or (1 if said.quick else 3),
            processes=said.processes,
        ),
        json=said.json,
        yes_really=said.yes_really,
        against=said.against,
        seconds_a_measure=SECONDS_QUICK if said.quick else SECONDS_A_MEASURE,
        pairs=said.repeat,
        count=said.jobs,
    )


def whole(most: int) -> Callable[[str], int]:
    """The type of an option that is a whole number from 1 to `most`."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:12]) <= most):
            raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {most}")
        return int(text)

    return read


def chosen(
    parser: argparse.ArgumentParser,
    asked: str | None,
    known: Sequence[str],
    option: str = "--only",
) -> list[str]:
    """The known names that a person asked for, or all; exits with 2 for an unknown one."""
    if asked is None:
        return list(known)
    wanted = [name.strip() for name in asked.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        parser.error(f"{option} {asked}: choose from {', '.join(known)}")
    return [name for name in known if name in wanted]


if __name__ == "__main__":
    parse()
