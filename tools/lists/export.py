"""`bin/python -m tools.lists.export`: exports all jobs of its own database, and looks at memory."""

import argparse
import sys
import time

from jobs.management.option_types import whole_number
from tools.measuring.program import add_production_option, measure_on_servers

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
    add_production_option(parser)
    options = parser.parse_args()
    return measure_on_servers(lambda: _measure(options.jobs), production_allowed=options.yes_really)


def _measure(jobs: int) -> bool:
    from tools.measuring.databases import migrated_database

    with migrated_database("export", {}):
        from jobs.services.exports import FORMS
        from tools.lists.fill import fill

        fill(jobs)
        grown = [_export(form, jobs) for form in FORMS]
    return max(grown) <= GROWTH_MEGABYTES


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
