"""`bin/python -m tools.lists`: fills a database of its own, and explains each page of the lists."""

import argparse
import os
import sys

from jobs.management.option_types import whole_number
from tools.benchmark.environment import LooksLikeProduction, prepare_environment
from tools.errors import ToolError

PAGE_MILLISECONDS = 50.0
EXIT_FAILED, EXIT_USAGE = 1, 2


def main() -> int:
    """Prints a line for each page; 1 if one takes longer than PAGE_MILLISECONDS."""
    options = _options()
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

    with own_database(os.environ["DATABASE_URL"], f"lists_{os.getpid()}") as url:
        os.environ["DATABASE_URL"] = url
        os.environ["DJANGO_SETTINGS_MODULE"] = "scheduler.settings"
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        from tools.lists.fill import fill
        from tools.lists.pages import measured_pages

        pages = list(measured_pages(fill(jobs), jobs))
        connection.close()
    for one in pages:
        slow = "  SLOW" if one.milliseconds > PAGE_MILLISECONDS else ""
        print(f"{one.milliseconds:9.2f} ms {one.rows:4} rows  {one.page}  [{one.scans}]{slow}")
    return EXIT_FAILED if any(one.milliseconds > PAGE_MILLISECONDS for one in pages) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/python -m tools.lists", description=__doc__)
    parser.add_argument(
        "--jobs",
        type=whole_number(1_000, 100_000_000),
        default=5_000_000,
        help="how many (5,000,000)",
    )
    parser.add_argument("--yes-really", action="store_true", help="also on a production server")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
