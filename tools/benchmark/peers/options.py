"""What a person says to tools.benchmark.peers. The standard library alone: `--help` installs
nothing.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from tools.benchmark.options import chosen, whole
from tools.measuring.program import add_production_option

MEASURES = ("drain", "drains", "io", "enqueue", "bulk", "pickup")
PEERS = ("graphile", "pgqueuer", "procrastinate", "celery")
ROUNDS, ROUNDS_QUICK, ROUNDS_MAX = 8, 3, 1_000
TURN_SECONDS, TURN_SECONDS_QUICK = 1.0, 0.4
COUNT_MAX = 1_000_000

DESCRIPTION = """\
Measures other job queues beside this one, in short turns of one run: whatever else the machine
does falls on all alike. Peers are installed below .data/peers, in environments of their own; one
that cannot be had is named and left out. It takes ten minutes on two cores (--quick: three).
"""


@dataclass(frozen=True, slots=True)
class Options:
    """`count`: how much each turn does, where that is not to be found out."""

    only: list[str]
    peers: list[str]
    rounds: int
    turn_seconds: float
    count: int | None
    json: bool
    yes_really: bool


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Returns the options; exits with 2 and a sentence where they make no sense."""
    parser = argparse.ArgumentParser(
        prog="bin/python -m tools.benchmark.peers", description=DESCRIPTION
    )
    parser.add_argument("--only", metavar="NAME,NAME", help=f"of {', '.join(MEASURES)} (all)")
    parser.add_argument("--peers", metavar="NAME,NAME", help=f"of {', '.join(PEERS)} (all)")
    parser.add_argument(
        "--rounds", type=whole(ROUNDS_MAX), help=f"turns of each ({ROUNDS}; {ROUNDS_QUICK} quick)"
    )
    parser.add_argument(
        "--count", type=whole(COUNT_MAX), help="jobs a turn (default: what takes a second)"
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter turns")
    parser.add_argument("--json", action="store_true", help="machine-readable, to stdout")
    add_production_option(parser)
    said = parser.parse_args(arguments)
    return Options(
        only=chosen(parser, said.only, MEASURES),
        peers=chosen(parser, said.peers, PEERS, "--peers"),
        rounds=said.rounds or (ROUNDS_QUICK if said.quick else ROUNDS),
        turn_seconds=TURN_SECONDS_QUICK if said.quick else TURN_SECONDS,
        count=said.count,
        json=said.json,
        yes_really=said.yes_really,
    )


if __name__ == "__main__":
    parse()
