"""Fills a developer's database with a month of jobs, so that every page has something to show."""

import time
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from jobs.core.conf import jobs_conf
from jobs.core.outage import first_line
from jobs.management.database_failures import database_failures
from jobs.management.option_types import whole_number
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.demo import demo_make, demo_remove, demo_standing, workers_beat
from jobs.services.demo.sizes import JOBS_DEFAULT, JOBS_MIN

EXIT_FAILED, EXIT_USAGE = 1, 2
_JOBS_MAX = 100_000_000


class Command(BaseCommand):
    help = (
        "For development: jobs of thirty days in every state, dead letters of twelve kinds, and "
        "all that belongs to them. Exit status: 0 done, 1 failed, 2 refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--jobs",
            type=whole_number(JOBS_MIN, _JOBS_MAX),
            default=JOBS_DEFAULT,
            metavar="N",
            help=f"how many; everything else follows ({JOBS_DEFAULT:,})",
        )
        parser.add_argument(
            "--again", action="store_true", help="first remove what an earlier run has made"
        )
        parser.add_argument(
            "--stay",
            action="store_true",
            help="go on with the heartbeats of its workers, which soon count as dead without",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "demo_data is for development (ENVIRONMENT=development), and this is production.",
                returncode=EXIT_USAGE,
            )
        self._make(options)
        if options["stay"]:
            with suppress(KeyboardInterrupt):
                self._beat()

    def _beat(self) -> None:
        while True:
            try:
                workers_beat()
            except DATABASE_ERRORS as error:
                connection.close()
                self._say(f"No heartbeats: {first_line(error)}")
            time.sleep(jobs_conf().heartbeat_seconds)

    def _make(self, options: dict[str, Any]) -> None:
        with database_failures(EXIT_FAILED):
            there = demo_standing()
        if any(there) and not options["again"]:
            self.stdout.write(f"Nothing done: {there} are there. --again replaces them.")
            return
        if any(there):
            demo_remove(say=self._say)
        self.stdout.write(f"Made {demo_make(jobs=options['jobs'], say=self._say)}.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
