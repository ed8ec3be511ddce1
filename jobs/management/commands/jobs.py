"""`manage.py jobs`: what operators look at and decide, from a shell. One subcommand a file."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.core.conf import jobs_conf
from jobs.core.loading import loading_ends
from jobs.management.database_failures import database_failures
from jobs.management.output import Output, reader_may_leave
from jobs.management.subcommands import SUBCOMMANDS
from jobs.management.subcommands.subcommand import EXIT_FAILED, EXIT_USAGE


class Command(BaseCommand):
    help = (
        "Jobs and queues, for operators. Exit status: 0 done, 1 failed or not found, 2 bad usage. "
    )
    requires_system_checks = []  # an outage must be reported as one, not as a failed check

    def add_arguments(self, parser: CommandParser) -> None:
        choices = parser.add_subparsers(dest="subcommand", metavar="SUBCOMMAND", required=True)
        for one in SUBCOMMANDS.values():
            own = choices.add_parser(one.name, help=one.help, description=one.help)
            own.add_argument("--json", action="store_true", help="print JSON, for programs")
            one.add_arguments(own)

    def run_from_argv(self, argv: list[str]) -> None:
        loading_ends()
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        output = Output(self.stdout, self.stderr, as_json=options["json"])
        if (cell := jobs_conf().cell) and not output.as_json:
            output.error(f"Cell {cell}")  # beside what scripts read
        exit_code = 0
        try:
            with reader_may_leave(), database_failures(EXIT_FAILED):
                exit_code = SUBCOMMANDS[options["subcommand"]].run(options, output)
        except UnicodeEncodeError as error:
            raise CommandError("An argument is not UTF-8.", returncode=EXIT_USAGE) from error
        if exit_code:
            raise SystemExit(exit_code)
