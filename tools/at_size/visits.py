"""How long each page took to which a person comes in a browser."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from playwright.sync_api import Page, sync_playwright

from tools.at_size.staff import Staff
from tools.development.browser import browser_options, find_browser

_WIDTH, _HEIGHT = 1360, 900
# A POST is mostly answered with the address of the next page: the slower of the two counts.
_TIMES = """() => {
    const one = performance.getEntriesByType("navigation")[0];
    const posted = one.redirectEnd - one.redirectStart;
    return [Math.max(one.responseStart - one.requestStart, posted), one.duration];
}"""
# What a page has fetched of itself, to show new figures.
_FETCHED = """() => performance.getEntriesByType("resource")
    .filter((one) => one.initiatorType === "fetch")
    .map((one) => one.responseStart - one.requestStart)"""


class Visits:
    """Milliseconds of each page by its name: until the server answers, and until all is there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.server: dict[str, float] = {}
        self.browser: dict[str, float] = {}

    def go(self, name: str, leave: Callable[[], object]) -> None:
        """Leaves the page for another one, by a click for example, and notes its times."""
        with self.page.expect_navigation(wait_until="load"):
            leave()
        self.server[name], self.browser[name] = self.page.evaluate(_TIMES)

    def note_fetches(self, name: str) -> None:
        """Notes the slowest of what this page has fetched since it was opened."""
        if fetched := self.page.evaluate(_FETCHED):
            self.server[name] = max(fetched)


@contextmanager
def visits(server: str, staff: Staff) -> Iterator[Visits]:
    """A browser of that person. While it is open, the ORM cannot be used."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(find_browser()), args=browser_options()
        )
        context = browser.new_context(viewport={"width": _WIDTH, "height": _HEIGHT})
        name, here = settings.SESSION_COOKIE_NAME, f"http://{server}"
        context.add_cookies([{"name": name, "value": staff.session, "url": here}])
        yield Visits(context.new_page())
        browser.close()
