"""`bin/python -m tools.lists`: fills a database of its own, and explains each page of the lists."""

import argparse
import sys

from jobs.management.option_types import whole_number
from tools.measuring.program import add_production_option, measure_on_servers

PAGE_MILLISECONDS = 50.0


def main() -> int:
    """Prints a line for each page; 1 if one takes longer than PAGE_MILLISECONDS."""
    options = _options()
    return measure_on_servers(lambda: _measure(options.jobs), production_allowed=options.yes_really)


def _measure(jobs: int) -> bool:
    from tools.measuring.databases import migrated_database

    with migrated_database("lists", {}):
        from tools.lists.fill import fill
        from tools.lists.pages import measured_pages

        pages = list(measured_pages(fill(jobs), jobs))
    for one in pages:
        slow = "  SLOW" if one.milliseconds > PAGE_MILLISECONDS else ""
        print(f"{one.milliseconds:9.2f} ms {one.rows:4} rows  {one.page}  [{one.scans}]{slow}")
    return all(one.milliseconds <= PAGE_MILLISECONDS for one in pages)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/python -m tools.lists", description=__doc__)
    parser.add_argument(
        "--jobs",
        type=whole_number(1_000, 100_000_000),
        default=5_000_000,
        help="how many (5,000,000)",
    )
    add_production_option(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
