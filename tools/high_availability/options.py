"""What a person says to bin/high-availability. The standard library alone: it installs nothing."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

DESCRIPTION = """\
Starts three PostgreSQL nodes under Patroni with three members of etcd, and Valkey with two replicas
and three Sentinels, all on 127.0.0.1. Says how to run the service on them, and breaks them as you
type. Everything is ended with it; the data is new with each start. docs/high-availability.md walks
through it.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """See the help texts below. `is_synchronous`: whether a commit waits for a second node."""

    is_synchronous: bool
    losses: bool


def parse(arguments: Sequence[str] | None = None) -> Options:
    """The options; ends the program with exit code 2 where they make no sense."""
    parser = argparse.ArgumentParser(prog="bin/high-availability", description=DESCRIPTION)
    parser.add_argument(
        "--asynchronous",
        action="store_true",
        help="let a commit wait for no second node: a failover may lose what was acknowledged",
    )
    parser.add_argument(
        "--losses",
        action="store_true",
        help="break each of these once under commits, count what was acknowledged and lost, end",
    )
    said = parser.parse_args(arguments)
    return Options(is_synchronous=not said.asynchronous, losses=said.losses)


if __name__ == "__main__":
    parse()
