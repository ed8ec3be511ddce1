"""The time of every page that staff can reach, and of every list of the API."""

from collections.abc import Iterable
from functools import partial

from tools.at_size.asking import Asking
from tools.at_size.crawl import Crawl
from tools.at_size.options import Options
from tools.at_size.report import browser_lines, lines, say_all, slow
from tools.at_size.rest import rest_addresses
from tools.at_size.samples import rest_values, search_terms
from tools.at_size.staff import Staff, staff_make
from tools.at_size.visits import visits
from tools.benchmark.processes import api


def pages(options: Options) -> bool:
    """Whether all were answered, and none too slowly."""
    staff, terms, values = staff_make(), search_terms(), rest_values()
    browser: dict[str, float] = {}
    with api() as server:
        asking = Asking(server, staff)
        try:
            Crawl(asking.get, filters=options.filters, terms=terms).run()
            found = [one for one in asking.milliseconds if one not in asking.refused]
            for address in rest_addresses(values):
                asking.get(address)
        finally:  # also after Ctrl-C
            say_all(lines(asking.milliseconds))
        if options.browser:
            browser = _browsed(server, staff, found)
            say_all(browser_lines(browser))
    say_all(f"answered {status}: {address}" for address, status in asking.refused.items())
    return not asking.refused and not slow(asking.milliseconds, browser)


def _browsed(server: str, staff: Staff, addresses: Iterable[str]) -> dict[str, float]:
    """Milliseconds of each until all of it is there, styles and scripts included."""
    with visits(server, staff) as seen:
        for address in addresses:
            seen.go(address, partial(seen.page.goto, f"http://{server}{address}"))
    return seen.browser
