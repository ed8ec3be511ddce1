"""Fills a developer's database with a month of jobs, so that every page has something to show."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.management.option_types import whole_number
from jobs.services.demo import demo_make, demo_remove, demo_standing
from jobs.services.demo.sizes import JOBS_DEFAULT, JOBS_MIN

EXIT_USAGE = 2
_JOBS_MAX = 100_000_000


class Command(BaseCommand):
    help = (
        "For development: jobs of thirty days in every state, dead letters of twelve kinds, and "
        "all that belongs to them. Exit status: 0 done, 2 refused."
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

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "demo_data is for development (ENVIRONMENT=development), and this is production.",
                returncode=EXIT_USAGE,
            )
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
