"""What a person says to tools.benchmark.phases. The standard library alone."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from tools.benchmark.options import chosen, whole
from tools.benchmark.peers.options import PEERS

PHASES = ("clean", "held", "readers", "recovery", "kill", "restart", "backends", "after")
SECONDS, HELD_SECONDS_FULL = 20, 600
PER_SECOND = 800
WORKERS = 2
LONGEST_SECONDS = 24 * 3600
PER_SECOND_MAX = 100_000
WORKERS_MAX = 64

DESCRIPTION = """\
Enqueues jobs at a steady rate and shows, for each phase, how many begin and how long they have
waited: in peace, beside a transaction that is held open, beside readers, while workers are killed,
PostgreSQL crashes and sessions are ended. Its PostgreSQL and Valkey are its own, below .data. Three
and a half minutes for each system; --full: thirteen.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """`seconds`: of a phase; `held_seconds`: of the one with an open transaction."""

    only: list[str]
    peers: list[str]
    seconds: int
    held_seconds: int
    per_second: int
    workers: int
    json: bool


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Returns the options; exits with 2 and a sentence where they make no sense."""
    parser = argparse.ArgumentParser(
        prog="bin/python -m tools.benchmark.phases", description=DESCRIPTION
    )
    parser.add_argument("--only", metavar="NAME,NAME", help=f"of {', '.join(PHASES)} (all)")
    parser.add_argument("--peers", metavar="NAME,NAME", help=f"also, of {', '.join(PEERS)} (none)")
    parser.add_argument(
        "--seconds", type=whole(LONGEST_SECONDS), default=SECONDS, help="of a phase (%(default)s)"
    )
    parser.add_argument(
        "--held-seconds",
        type=whole(LONGEST_SECONDS),
        help="how long the transaction is held (as long as other phases last)",
    )
    parser.add_argument(
        "--full", action="store_true", help=f"the transaction is held for {HELD_SECONDS_FULL} s"
    )
    parser.add_argument(
        "--rate",
        type=whole(PER_SECOND_MAX),
        default=PER_SECOND,
        help="jobs a second that are enqueued (%(default)s)",
    )
    parser.add_argument(
        "--workers", type=whole(WORKERS_MAX), default=WORKERS, help="processes (%(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="machine-readable, to stdout")
    said = parser.parse_args(arguments)
    return Options(
        only=chosen(parser, said.only, PHASES),
        peers=chosen(parser, said.peers, PEERS, "--peers") if said.peers else [],
        seconds=said.seconds,
        held_seconds=said.held_seconds or (HELD_SECONDS_FULL if said.full else said.seconds),
        per_second=said.rate,
        workers=said.workers,
        json=said.json,
    )


if __name__ == "__main__":
    parse()
