"""`bin/python -m tools.at_size`: a month of jobs in a database of its own, and the time that every
page takes that staff can reach, at the server and in a browser.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterable

from jobs.management.option_types import whole_number
from tools.measuring.program import add_production_option, measure_on_servers
from tools.terminal import say

JOBS = 5_000_000


def main() -> int:
    """Prints what was found; 1 if a page takes longer than it may, or is refused."""
    options = _options()
    return measure_on_servers(lambda: _measure(options), production_allowed=options.yes_really)


def _measure(options: argparse.Namespace) -> bool:
    from tools.at_size.kept import kept_scope
    from tools.benchmark.scope import own_scope
    from tools.measuring.databases import prepare_django

    with kept_scope(options.database) if options.database else own_scope():
        os.environ["DJANGO_SETTINGS_MODULE"] = "tools.at_size.settings"
        prepare_django()
        _make(options.jobs)
        return bool(options.make_only) or _walk(options)


def _make(jobs: int) -> None:
    from jobs.services.demo import demo_make, demo_standing

    if any(there := demo_standing()):
        say(f"there are {there}")
        return
    since = time.monotonic()
    made = demo_make(jobs=jobs)
    say(f"made {made} in {time.monotonic() - since:.0f} s")


def _walk(options: argparse.Namespace) -> bool:
    from tools.at_size.asking import Asking
    from tools.at_size.browsing import browsed
    from tools.at_size.crawl import Crawl
    from tools.at_size.report import browser_lines, lines, slow
    from tools.at_size.rest import rest_addresses
    from tools.at_size.samples import rest_values, search_terms
    from tools.at_size.staff import staff_make
    from tools.benchmark.processes import api

    staff, terms, values = staff_make(), search_terms(), rest_values()
    browser: dict[str, float] = {}
    with api() as server:
        asking = Asking(server, staff)
        try:
            Crawl(asking.get, filters=options.filters, terms=terms).run()
            pages = [one for one in asking.milliseconds if one not in asking.refused]
            for address in rest_addresses(values):
                asking.get(address)
        finally:  # also after Ctrl-C
            _say_all(lines(asking.milliseconds))
        if not options.no_browser:
            browser = browsed(server, staff, pages)
            _say_all(browser_lines(browser))
    _say_all(f"answered {status}: {address}" for address, status in asking.refused.items())
    return not (asking.refused or slow(asking.milliseconds, browser))


def _say_all(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/python -m tools.at_size", description=__doc__)
    parser.add_argument(
        "--jobs", type=whole_number(1_000, 100_000_000), default=JOBS, help=f"how many ({JOBS:,})"
    )
    parser.add_argument(
        "--filters", type=whole_number(0, 10), default=1, help="combined at most (1)"
    )
    parser.add_argument("--database", help="made and filled if there is none, and kept")
    parser.add_argument("--make-only", action="store_true", help="ask for no page")
    parser.add_argument("--no-browser", action="store_true", help="the server alone")
    add_production_option(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
