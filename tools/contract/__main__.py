"""`bin/python -m tools.contract`: thousands of calls of a running API, by callers of all kinds.

Prints a line for each run, and what to send to see a failure again; 1 if there is any.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.management.option_types import whole_number
from tools.child import Child
from tools.contract.report import Report
from tools.contract.variables import VARIABLES
from tools.http_client import HttpClient
from tools.measuring.program import add_production_option, measure_on_servers
from tools.ports import free_port

CASES = 40


def main() -> int:
    """1 if a call was answered as the document does not say."""
    options = _options()
    return measure_on_servers(lambda: _try(options), production_allowed=options.yes_really)


def _try(options: argparse.Namespace) -> bool:
    from tools.measuring.databases import migrated_database

    variables = {**VARIABLES, "JOBS_REDIS_PREFIX": "{contract}:"}
    with (
        migrated_database("contract", variables),
        tempfile.TemporaryDirectory() as directory,
    ):
        from tools.contract.callers import make_accounts
        from tools.contract.run import Amount
        from tools.contract.suite import suite

        credentials = make_accounts()  # before there is a worker, which would take their jobs
        with _service(Path(directory)) as address:
            amount = Amount(options.cases, seed=options.seed)
            return _tell(suite(address, credentials, amount, Path(directory)))


def _tell(reports: Iterable[Report]) -> bool:
    """Prints a line for each run as soon as it has ended; whether all were good."""
    print(f"{'run':<16} {'operations':>10} {'calls':>8} {'failures':>8} {'seconds':>8}", flush=True)
    bad = []
    for one in reports:
        figures = f"{one.operations:>10} {one.cases:>8} {one.failures:>8} {one.seconds:>8.0f}"
        print(f"{one.name:<16} {figures}{'' if one.is_good else '  FAILED'}", flush=True)
        if not one.is_good:
            bad.append(one)
    for one in bad:
        print(one.text)
    return not bad


@contextmanager
def _service(directory: Path) -> Iterator[str]:
    """The address of the API, with a worker behind it."""
    port = free_port()
    client = HttpClient(f"http://127.0.0.1:{port}")
    commands = {
        "api": ["-m", "scheduler.serving", "--bind", f"127.0.0.1:{port}"],
        "worker": ["manage.py", "runworker"],
    }
    children = [
        Child(name, arguments, log=directory / f"{name}.log", environment=os.environ)
        for name, arguments in commands.items()
    ]
    try:
        children[0].wait_until(lambda: client.is_ready("/health/live"))
        yield f"http://127.0.0.1:{port}"
        for child in children:
            child.check()
    finally:
        for child in children:
            child.stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/python -m tools.contract", description=__doc__)
    parser.add_argument(
        "--cases",
        type=whole_number(1, 1_000_000),
        default=CASES,
        help="for each operation and way (%(default)s)",
    )
    parser.add_argument(
        "--seed", type=whole_number(0, 2**32), default=1, help="which ones (%(default)s)"
    )
    add_production_option(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
