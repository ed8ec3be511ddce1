"""Whether the next `migrate` can run while the version before it goes on: for a pipeline."""

import json
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from jobs.management.database_failures import database_failures
from jobs.management.output import reader_may_leave
from jobs.management.upgrades.review import Node, Reviewed, released_by_name, review

EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_COULD_NOT_CHECK = 3

HELP = """\
Reads the migrations that are new, and refuses what the version that still runs could not bear:
columns and tables that go or get another name, NOT NULL without a default, locks without a limit.
New is what the database has not applied, or what a file does not name as released.
docs/upgrades.md has the rule.

exit status: 0 nothing is refused, 1 something is, 2 wrong option, 3 PostgreSQL unreachable"""


class Command(BaseCommand):
    help = HELP
    requires_system_checks = []  # a pipeline may have no Redis, and no workers

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("apps", nargs="*", help="apps to read; by default all but Django's own")
        parser.add_argument(
            "--since",
            type=Path,
            metavar="FILE",
            help="new is what comes after the migrations in this JSON file, the last released one "
            "of each app; the database is not asked then",
        )
        parser.add_argument(
            "--write",
            action="store_true",
            help="with --since: make a release of what is there, and write it into the file",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        since: Path | None = options["since"]
        if options["write"]:
            self._write(since, options["apps"])
            return
        loader, released = _of_file(since) if since else _of_database()
        apps = options["apps"]
        _refuse_unknown(apps, loader)
        reviewed = [one for one in review(loader, released) if _is_asked_for(one, apps)]
        with reader_may_leave():
            self.stdout.write(_json(reviewed) if options["json"] else _text(reviewed))
            self.stdout.flush()
        if any(one.findings for one in reviewed):
            raise SystemExit(EXIT_REFUSED)

    def _write(self, since: Path | None, apps: Sequence[str]) -> None:
        if since is None:
            raise CommandError("--write needs --since FILE.", returncode=EXIT_USAGE)
        named = apps or sorted(_names(since) if _is_there(since) else ())
        loader = MigrationLoader(None)
        leaves = dict(loader.graph.leaf_nodes())
        if not named:
            raise CommandError(
                f"{since} names no apps yet: name those to write.", returncode=EXIT_USAGE
            )
        _refuse_unknown(named, loader)
        released = {app: leaves[app] for app in named}
        try:
            since.write_text(json.dumps(released, indent=2, sort_keys=True) + "\n")
        except OSError as error:
            raise CommandError(
                f"{since} cannot be written: {error.strerror}.", returncode=EXIT_USAGE
            ) from error
        self.stdout.write(f"{since} names what is there as released.")


def _refuse_unknown(apps: Sequence[str], loader: MigrationLoader) -> None:
    """A name that is misspelt must not pass as an app without new migrations."""
    if without := set(apps) - {app for app, _ in loader.graph.leaf_nodes()}:
        raise CommandError(f"No migrations in {', '.join(sorted(without))}.", returncode=EXIT_USAGE)


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except OSError:  # a directory that may not be read: `_names` says so
        return True


def _names(file: Path) -> dict[str, str]:
    try:
        names = json.loads(file.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise CommandError(f"{file} cannot be read: {error}", returncode=EXIT_USAGE) from error
    if not isinstance(names, dict) or not all(isinstance(one, str) for one in names.values()):
        raise CommandError(
            f'{file} is no JSON object like {{"jobs": "0037_rare_ends"}}.', returncode=EXIT_USAGE
        )
    return names


def _of_file(file: Path) -> tuple[MigrationLoader, set[Node]]:
    loader = MigrationLoader(None)
    try:
        return loader, released_by_name(loader, _names(file))
    except KeyError as error:
        raise CommandError(
            f"{file} names {error.args[0]}, which is no migration here.", returncode=EXIT_USAGE
        ) from error


def _of_database() -> tuple[MigrationLoader, set[Node]]:
    with database_failures(EXIT_COULD_NOT_CHECK):
        loader = MigrationLoader(connection)
    return loader, set(loader.applied_migrations or {}) & set(loader.graph.nodes)


def _is_asked_for(one: Reviewed, apps: Sequence[str]) -> bool:
    if apps:
        return one.app_label in apps
    return not one.module.startswith("django.")


def _json(reviewed: Sequence[Reviewed]) -> str:
    return json.dumps(
        {
            "refused": any(one.findings for one in reviewed),
            "migrations": [
                {
                    "app": one.app_label,
                    "name": one.name,
                    "findings": [
                        {"subject": found.subject, "problem": found.problem, "breaks": found.breaks}
                        for found in one.findings
                    ],
                }
                for one in reviewed
            ],
        },
        indent=2,
    )


def _text(reviewed: Sequence[Reviewed]) -> str:
    if not reviewed:
        return "No migration is new."
    lines = []
    for one in reviewed:
        lines.append(f"{one.app_label}.{one.name}: {'REFUSED' if one.findings else 'ok'}")
        lines += [f"    {found.subject} {found.problem}." for found in one.findings]
    refused = sum(bool(one.findings) for one in reviewed)
    lines += ["", f"{refused} of {len(reviewed)} new migrations refused: docs/upgrades.md."]
    return "\n".join(lines)
