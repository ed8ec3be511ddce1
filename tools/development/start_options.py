"""What a person says to bin/start. The standard library alone: `--help` installs nothing."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

API_PORT = 8000
WORKERS_MAX = 64  # on one machine


@dataclass(frozen=True, slots=True)
class StartOptions:
    """`port` is the API's; `check` verifies the outcome and stops; `demo` adds a month of jobs."""

    check: bool
    demo: bool
    port: int
    workers: int


def parse(arguments: Sequence[str] | None = None) -> StartOptions:
    """The options; ends the program with exit code 2 where they make no sense."""
    parser = argparse.ArgumentParser(
        prog="bin/start",
        description="Starts PostgreSQL, Valkey, a mail sink, the API and workers, sends sample "
        "jobs through the API and shows what becomes of them. Ctrl-C stops everything.",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="verify the outcome of the samples, stop everything, exit with 0 or 1",
    )
    parser.add_argument(
        "--demo",
        action="store_true",
        help="first a month of jobs of made-up clients, so that every page of the admin is full",
    )
    parser.add_argument(
        "--port", type=int, default=API_PORT, help="of the API (default: %(default)s)"
    )
    parser.add_argument(
        "--workers", type=int, default=2, help="worker processes (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    if not 1 <= options.workers <= WORKERS_MAX or not 1 <= options.port <= 65_535:
        parser.error(f"--workers must be 1 to {WORKERS_MAX}, --port from 1 to 65535")
    return StartOptions(
        check=options.check, demo=options.demo, port=options.port, workers=options.workers
    )


if __name__ == "__main__":
    parse()
