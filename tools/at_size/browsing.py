"""Opens pages in a real browser, and takes the time until each is there."""

from collections.abc import Iterable

from django.conf import settings
from playwright.sync_api import sync_playwright

from tools.at_size.staff import Staff
from tools.development.browser import browser_options, find_browser

_WIDTH, _HEIGHT = 1360, 900
_LOADED = "performance.getEntriesByType('navigation')[0].duration"


def browsed(server: str, staff: Staff, addresses: Iterable[str]) -> dict[str, float]:
    """Milliseconds from the address to the end of loading, styles and scripts included."""
    milliseconds = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(find_browser()), args=browser_options()
        )
        context = browser.new_context(viewport={"width": _WIDTH, "height": _HEIGHT})
        name, here = settings.SESSION_COOKIE_NAME, f"http://{server}"
        context.add_cookies([{"name": name, "value": staff.session, "url": here}])
        page = context.new_page()
        for address in addresses:
            page.goto(f"http://{server}{address}", wait_until="load")
            milliseconds[address] = float(page.evaluate(_LOADED))
        browser.close()
    return milliseconds
