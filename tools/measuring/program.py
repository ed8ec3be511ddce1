"""The frame of programs that measure: servers that may be used, and an exit status.

The standard library alone, so that `--help` installs nothing; the rest is imported on the way.
"""

import argparse
from collections.abc import Callable

from tools.errors import ToolError
from tools.measuring.leaving import leave_in_order_at_sigterm
from tools.terminal import complain

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130


def add_production_option(parser: argparse.ArgumentParser) -> None:
    """`--yes-really`, which `measure_on_servers` asks for."""
    parser.add_argument("--yes-really", action="store_true", help="run in production, too")


def measure_on_servers(
    measure: Callable[[], bool], *, production_allowed: bool, early: str = ""
) -> int:
    """Runs `measure` once DATABASE_URL and REDIS_URL name servers; returns the exit status.

    It is 0 where `measure` returns True, and 2 where the servers may be those of production; for
    the rest, and `early`, see `exit_status`.
    """
    from tools.measuring.environment import LooksLikeProduction, prepare_environment

    def prepare_and_measure() -> bool:
        prepare_environment(production_allowed=production_allowed)
        return measure()

    try:
        return exit_status(prepare_and_measure, early=early)
    except LooksLikeProduction as error:
        complain(str(error))
        return EXIT_USAGE


def exit_status(measure: Callable[[], bool], *, early: str = "") -> int:
    """0 where `measure` returns True, 1 where it does not, 130 after Ctrl-C.

    1 also where something is missing (`ToolError`); `early` begins the sentence that says what.
    """
    leave_in_order_at_sigterm()
    try:
        return 0 if measure() else EXIT_FAILED
    except ToolError as error:
        complain(f"{early}{error}")
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
