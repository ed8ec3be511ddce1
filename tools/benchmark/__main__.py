"""Measures the service on the configured servers, in a database of its own."""

import argparse
import gc
import os
import signal
import sys
from types import FrameType
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from jobs.core.errors import BrokerUnavailable
from tools.benchmark.errors import BenchmarkError
from tools.benchmark.ground import own_ground
from tools.benchmark.measures import MEASURES
from tools.benchmark.report import report
from tools.benchmark.sizes import JOBS_DEFAULT, JOBS_QUICK, Sizes


class Command(BaseCommand):
    help = (
        "Measures drains, latency, enqueueing, the API, growth and memory, each beside what "
        "PostgreSQL and Redis could do alone. It takes both cores of a small machine for minutes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--only",
            type=_measures,
            default=list(MEASURES),
            metavar="NAME,NAME",
            help=f"of {', '.join(MEASURES)} (default: all)",
        )
        parser.add_argument(
            "--jobs",
            type=_positive,
            help=f"in one drain; all other amounts follow from it (default: {JOBS_DEFAULT:,})",
        )
        parser.add_argument(
            "--repeat", type=_positive, help="report the median of so many runs (default: 3)"
        )
        parser.add_argument(
            "--quick", action="store_true", help=f"{JOBS_QUICK:,} jobs in a drain, and one run"
        )
        parser.add_argument(
            "--processes",
            type=_positive,
            default=os.cpu_count() or 1,
            help="workers of the drain with several (default: one per core, %(default)s here)",
        )
        parser.add_argument("--json", action="store_true", help="machine-readable, to stdout")
        parser.add_argument("--yes-really", action="store_true", help="run in production, too")

    def handle(self, *args: Any, **options: Any) -> None:
        if apps.is_installed("tools.benchmark"):
            self._measure(options)
        else:
            self._measure_in_a_child(options)

    def _measure_in_a_child(self, options: dict[str, Any]) -> None:
        """The child has other settings: a database of its own, and job types to measure."""
        if not (settings.DEBUG or options["yes_really"]):
            raise CommandError(
                "This looks like production (ENVIRONMENT is not 'development'): the servers would "
                "be busy with the benchmark for minutes. Add --yes-really if that is all right."
            )
        signal.signal(signal.SIGTERM, _leave_in_order)
        try:
            with own_ground() as ground:
                exit_code = ground.run(["benchmark", *_arguments(options)])
        except DatabaseError as error:
            raise CommandError(
                f"The benchmark needs a database of its own, and could not make it: {error}"
                "The role of DATABASE_URL must be allowed to create databases."
            ) from error
        except BrokerUnavailable as error:
            raise CommandError(f"Redis is not reachable: {error}") from error
        if exit_code:
            raise SystemExit(exit_code)

    def _measure(self, options: dict[str, Any]) -> None:
        signal.signal(signal.SIGTERM, _leave_in_order)
        call_command("migrate", verbosity=0)
        gc.freeze()  # as workers and the API do
        try:
            text = report(options["only"], _sizes(options), sys.stderr, json_wanted=options["json"])
        except BenchmarkError as error:
            raise CommandError(f"The benchmark ended early: {error}") from error
        self.stdout.write(text)


def _sizes(options: dict[str, Any]) -> Sizes:
    quick = options["quick"]
    return Sizes(
        jobs=options["jobs"] or (JOBS_QUICK if quick else JOBS_DEFAULT),
        repeat=options["repeat"] or (1 if quick else 3),
        processes=options["processes"],
    )


def _arguments(options: dict[str, Any]) -> list[str]:
    """The options once more, for the child."""
    arguments = ["--only", ",".join(options["only"]), "--processes", str(options["processes"])]
    for name in ("jobs", "repeat"):
        if options[name]:
            arguments += [f"--{name}", str(options[name])]
    return arguments + [f"--{name}" for name in ("quick", "json") if options[name]]


def _leave_in_order(number: int, frame: FrameType | None) -> None:
    """As at Ctrl-C: what was started is stopped, what was created is dropped."""
    raise SystemExit(128 + number)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _measures(text: str) -> list[str]:
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in MEASURES]
    if unknown or not wanted:
        raise argparse.ArgumentTypeError(f"{text!r}: choose from {', '.join(MEASURES)}")
    return [name for name in MEASURES if name in wanted]
