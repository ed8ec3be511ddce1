"""`bin/python -m tools.capacity`: what a job costs, and what millions of finished jobs change."""

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING

from jobs.management.option_types import whole_number
from tools.measuring.program import add_production_option, measure_on_servers
from tools.terminal import say

if TYPE_CHECKING:
    from tools.capacity.growth import Pair

JOBS, FINISHED, ROUNDS = 20_000, 5_000_000, 8
# Workers keep what is measured; what is pruned, this process says.
RETENTION_DAYS = "3650"


def main() -> int:
    """Prints what was found, in lines."""
    options = _options()
    return measure_on_servers(lambda: _measure(options), production_allowed=options.yes_really)


def _measure(options: argparse.Namespace) -> bool:
    from tools.benchmark.scope import own_scope
    from tools.measuring.databases import prepare_django

    os.environ["JOBS_RETENTION_DAYS"] = RETENTION_DAYS
    with own_scope():
        prepare_django()
        if not options.no_costs:
            _costs(options.jobs)
        if options.finished:
            _growth(options)
    return True


def _costs(jobs: int) -> None:
    from tools.capacity.costs import costs

    for one in costs(jobs):
        say(f"{one.sort} jobs, each of {jobs:,}:")
        steps = {
            "accepted, one by one": one.accepted_alone,
            "accepted, 1,000 at a time": one.accepted,
            "drained": one.drained,
        }
        for name, step in steps.items():
            times = [
                f"{who} {_number(step.each(who))} µs" for who in ("own", "postgresql", "redis")
            ]
            sizes = [f"{what} {_number(step.each(what))} B" for what in ("log", "redis_memory")]
            say(f"  {name:26} {', '.join([*times, *sizes])}")
        held = "" if one.worker_bytes is None else f"; worker {one.worker_bytes / 2**20:.0f} MB"
        say(f"  finished: {one.kept_bytes:.0f} B in tables and indexes{held}")


def _growth(options: argparse.Namespace) -> None:
    from tools.capacity.growth import growth, pruned_alone, pruned_beside_drains, verified
    from tools.capacity.sides import fill, sides

    jobs, finished, rounds = options.jobs, options.finished, options.rounds
    with sides(options.grown) as both:
        since = time.monotonic()
        if not options.grown:
            fill(finished, options.directory)
            say(f"{finished:,} finished jobs made in {time.monotonic() - since:.0f} s")
        if not options.only_pruning:
            for pair in growth(both, jobs, rounds):
                _say_pair(pair)
            both.use("grown")
            seconds, slowest = verified()
            say(f"verification: {seconds:.1f} s ({', '.join(slowest)})")
        both.use("grown")
        say(f"pruned, alone: {pruned_alone():,.0f} rows/s")
        drains, pruned = pruned_beside_drains(jobs * 5, rounds)
        _say_pair(drains)
        say(f"pruned meanwhile, rows/s: {', '.join(f'{rate:,.0f}' for rate in pruned)}")


def _say_pair(pair: "Pair") -> None:
    of = pair.spread
    turns = [f"{a:,.1f} to {b:,.1f}" for a, b in zip(pair.before, pair.after, strict=True)]
    interval = f"{of.low:.2f} to {of.high:.2f}" if of.enough_pairs else "too few turns"
    say(f"{pair.name}: {of.ratio:.2f} ({interval}; {pair.unit}: {'; '.join(turns)})")


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:,.1f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/python -m tools.capacity", description=__doc__)
    parser.add_argument(
        "--jobs",
        type=whole_number(1_000, 100_000_000),
        default=JOBS,
        help=f"of one measure ({JOBS:,})",
    )
    parser.add_argument(
        "--finished",
        type=whole_number(0, 1_000_000_000),
        default=FINISHED,
        help=f"that lie in the tables ({FINISHED:,}); 0: none",
    )
    parser.add_argument(
        "--rounds",
        type=whole_number(1, 1_000),
        default=ROUNDS,
        help=f"turns of each database ({ROUNDS}; 6 or more give an interval)",
    )
    parser.add_argument("--grown", help="a database with finished jobs, in place of a new one")
    parser.add_argument("--directory", default="/", help="on the disk of PostgreSQL (/)")
    parser.add_argument("--only-pruning", action="store_true", help="of growth, the last part")
    parser.add_argument("--no-costs", action="store_true", help="growth alone")
    add_production_option(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
