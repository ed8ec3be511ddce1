"""Runs one worker process."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError

from jobs.conf import jobs_conf
from jobs.worker.shutdown import stop_on_signals
from jobs.worker.worker import Worker

EXIT_USAGE = 2
EXIT_UNFINISHED = 3


class Command(BaseCommand):
    help = "Fetches jobs from Redis and runs them until SIGTERM. Start as many as you like."

    def add_arguments(self, parser: CommandParser) -> None:
        conf = jobs_conf()
        parser.add_argument(
            "--queues",
            default=",".join(conf.queues),
            help="comma-separated names (default: %(default)s)",
        )
        parser.add_argument(
            "--concurrency",
            type=_positive,
            default=conf.concurrency,
            help="jobs at a time, each on a thread (default: %(default)s)",
        )
        parser.add_argument("--name", help="shown in logs and in the admin (default: random)")

    def handle(self, *args: Any, **options: Any) -> None:
        queues = _known_queues(options["queues"])
        try:
            worker = Worker(
                queues=queues, concurrency=options["concurrency"], name=options["name"]
            )
        except OperationalError as error:
            raise CommandError(f"PostgreSQL is not reachable: {error}") from error
        except ProgrammingError as error:
            raise CommandError("The tables are missing: run `manage.py migrate`.") from error
        stop_on_signals(worker.stop)
        if not worker.run():
            raise SystemExit(EXIT_UNFINISHED)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _known_queues(text: str) -> list[str]:
    queues = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    known = jobs_conf().queues
    unknown = [name for name in queues if name not in known]
    if unknown or not queues:
        raise CommandError(
            f"--queues {text!r}: choose from {', '.join(known)} (setting JOBS_QUEUES)",
            returncode=EXIT_USAGE,
        )
    return queues
