"""Checks every promise over the whole database, and prints what it found."""

import json
from argparse import RawDescriptionHelpFormatter
from typing import Any, NotRequired, TypedDict

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.core.errors import BrokerUnavailable
from jobs.core.outage import first_line
from jobs.management.database_failures import database_failures
from jobs.management.output import reader_may_leave
from jobs.services.maintenance.repair import Repaired, jobs_repair
from jobs.services.verification.report import Report, ReportDocument, jobs_verify

EXIT_VIOLATION = 1
EXIT_COULD_NOT_CHECK = 3

HELP = """\
Does every promise hold in this database, and is Redis in step? Workers may go on meanwhile.

exit status: 0 clean, 1 a promise is broken, 2 wrong option, 3 PostgreSQL or Redis unreachable"""


class RepairedDocument(TypedDict):
    """What `--repair` has changed."""

    rescued: int
    redispatched: int
    cache_marks_cleared: int
    keys_removed: int
    batches_counted: int
    groups_counted: int
    unknown_removed: int


class Document(ReportDocument):
    """What `--json` prints."""

    repaired: NotRequired[RepairedDocument]
    may_happen_again: NotRequired[list[str]]


class Command(BaseCommand):
    help = HELP
    requires_system_checks = []  # an outage must be reported as one, not as a failed check

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--repair",
            action="store_true",
            help="first rescue from dead workers, dispatch what is lost, clear wrong cache marks",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with database_failures(EXIT_COULD_NOT_CHECK):
                repaired = jobs_repair() if options["repair"] else None
                report = jobs_verify()
        except BrokerUnavailable as error:
            raise CommandError(first_line(error), returncode=EXIT_COULD_NOT_CHECK) from error
        with reader_may_leave():
            self.stdout.write(
                _json(report, repaired) if options["json"] else _text(report, repaired)
            )
            self.stdout.flush()
        if not report.is_clean:
            raise SystemExit(EXIT_VIOLATION)


def _json(report: Report, repaired: Repaired | None) -> str:
    found = report.as_document()
    document: Document = {"clean": found["clean"], "checks": found["checks"]}
    if repaired:
        document["repaired"] = {
            "rescued": repaired.rescued,
            "redispatched": repaired.redispatched,
            "cache_marks_cleared": repaired.cache_marks_cleared,
            "keys_removed": repaired.keys_removed,
            "batches_counted": repaired.batches_counted,
            "groups_counted": repaired.groups_counted,
            "unknown_removed": repaired.unknown_removed,
        }
        document["may_happen_again"] = list(repaired.may_happen_again)
    return json.dumps(document, indent=2)


def _text(report: Report, repaired: Repaired | None) -> str:
    lines = []
    if repaired:
        counts = f"{repaired.rescued} rescued, {repaired.redispatched} redispatched"
        counts += f", {repaired.cache_marks_cleared} cache marks cleared"
        if repaired.batches_counted:
            counts += f", {repaired.batches_counted} batches counted anew"
        if repaired.groups_counted:
            counts += f", {repaired.groups_counted} groups of dead letters counted anew"
        if repaired.unknown_removed:
            counts += f", {repaired.unknown_removed} jobs removed that PostgreSQL does not have"
        lines += [f"repaired: {counts}, {repaired.keys_removed} keys of a wrong type removed", ""]
        if repaired.may_happen_again:
            lines += ["PostgreSQL and Redis are of different moments. What may happen again:"]
            lines += [f"  - {sentence}" for sentence in repaired.may_happen_again] + [""]
    lines.append(f"{'check':<56} {'rows':>10} {'violations':>10} {'seconds':>8}")
    for check in report.checks:
        lines.append(
            f"{check.promise:<56} {check.rows:>10,} {check.violations:>10,} {check.seconds:>8.2f}"
        )
        lines += [f"    {example}" for example in check.examples]
        if check.notes:
            lines.append(f"    {check.notes}")
    lines += ["", "Every promise holds." if report.is_clean else "A promise is BROKEN: see above."]
    return "\n".join(lines)
