"""`bin/python -m tools.lists.export`: exports all jobs of its own database, and looks at memory."""

import argparse
import os
import sys
import time

from jobs.management.option_types import whole_number
from tools.benchmark.environment import LooksLikeProduction, prepare_environment
from tools.errors import ToolError

EXIT_FAILED, EXIT_USAGE = 1, 2
MEGABYTE = 1024 * 1024
# Between the first tenth and the end: a page more or less, and what the allocator keeps.
GROWTH_MEGABYTES = 8.0


def main() -> int:
    """Prints a line for each tenth and each form; 1 if memory grows with the number of rows."""
    parser = argparse.ArgumentParser(prog="bin/python -m tools.lists.export", description=__doc__)
    parser.add_argument(
        "--jobs",
        type=whole_number(1_000, 100_000_000),
        default=1_000_000,
        help="how many (1,000,000)",
    )
    parser.add_argument("--yes-really", action="store_true", help="also on a production server")
    options = parser.parse_args()
    try:
        prepare_environment(production_allowed=options.yes_really)
        return _measure(options.jobs)
    except LooksLikeProduction as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    except ToolError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAILED


def _measure(jobs: int) -> int:
    from tools.benchmark.databases import own_database

    with own_database(os.environ["DATABASE_URL"], f"export_{os.getpid()}") as url:
        os.environ["DATABASE_URL"] = url
        os.environ["DJANGO_SETTINGS_MODULE"] = "scheduler.settings"
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        from jobs.services.exports import FORMS
        from tools.lists.fill import fill

        fill(jobs)
        grown = [_export(form, jobs) for form in FORMS]
        connection.close()
    return EXIT_FAILED if max(grown) > GROWTH_MEGABYTES else 0


def _export(form: str, jobs: int) -> float:
    """By how many megabytes the process has grown since a tenth of the rows was out."""
    from jobs.models import Job
    from jobs.services.exports import PAGE, export_parts
    from jobs.worker.process.memory import rss_bytes

    began, size, rows, shown, first = time.monotonic(), 0, 0, 0, 0.0
    for part in export_parts(Job.objects.all(), form):
        size += len(part)
        rows += PAGE
        if rows * 10 // jobs > shown:
            shown = rows * 10 // jobs
            held = rss_bytes() / MEGABYTE
            first = first or held
            seconds = time.monotonic() - began
            print(
                f"{form:5} {min(rows, jobs):>10,} rows {size / MEGABYTE:8.1f} MB "
                f"in {seconds:6.1f} s, {held:6.1f} MB in memory"
            )
    return rss_bytes() / MEGABYTE - first


if __name__ == "__main__":
    sys.exit(main())
