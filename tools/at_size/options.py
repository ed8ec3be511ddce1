"""The command line of `python -m tools.at_size`. Needs the standard library alone."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.management.option_types import whole_number
from tools.benchmark.options import chosen
from tools.measuring.program import add_production_option

JOBS = 5_000_000
# The last one changes the data.
PARTS = ("pages", "export", "redrive")

DESCRIPTION = """Makes a month of jobs in a database of its own. Then: the time of every page that
staff can reach, at the server and in a browser (pages); a million rows as a file, and the memory of
the process that sends them (export); a person who finds the kind of dead letters that began last,
corrects it and redrives it, pauses and goes on (redrive). Exit status 1 if a page takes longer than
it may, or anything else is not as it should be."""


@dataclass(frozen=True)
class Options:
    """What a person asked for. `filters`: how many are combined at most on a list."""

    jobs: int
    only: list[str]
    filters: int
    database: str | None
    make_only: bool
    browser: bool
    yes_really: bool


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Returns the options; exits with 2 and a sentence where they make no sense."""
    parser = argparse.ArgumentParser(prog="bin/python -m tools.at_size", description=DESCRIPTION)
    parser.add_argument(
        "--jobs", type=whole_number(1_000, 100_000_000), default=JOBS, help=f"how many ({JOBS:,})"
    )
    parser.add_argument("--only", metavar="NAME,NAME", help=f"of {', '.join(PARTS)} (all)")
    parser.add_argument(
        "--filters", type=whole_number(0, 10), default=1, help="combined at most (1)"
    )
    parser.add_argument("--database", help="made and filled if there is none, and kept")
    parser.add_argument("--make-only", action="store_true", help="ask for no page")
    parser.add_argument("--no-browser", action="store_true", help="pages: the server alone")
    add_production_option(parser)
    said = parser.parse_args(arguments)
    return Options(
        jobs=said.jobs,
        only=chosen(parser, said.only, PARTS),
        filters=said.filters,
        database=said.database,
        make_only=said.make_only,
        browser=not said.no_browser,
        yes_really=said.yes_really,
    )
