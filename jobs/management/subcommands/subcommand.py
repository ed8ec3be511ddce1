"""What every subcommand of `manage.py jobs` consists of."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.management.output import Output

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2

Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subcommand:
    """A name, a sentence about it, its options, and what it does.

    `run` gets the parsed options and returns the exit status of the process.
    """

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[Options, Output], int]
