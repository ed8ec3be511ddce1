"""A real browser for tests of the admin, and what every page must keep in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tools.development.browser import browser_options, find_browser

WIDE, NARROW = 1360, 390
# What axe-core finds and calls so keeps people from using a page.
GRAVE = ("serious", "critical")
# More elements than any page of ours has that the Tab key reaches.
TABS_MAX = 150

# A busy machine takes seconds for a page; who waits for a condition loses none on a quiet one.
PATIENCE_MILLISECONDS = 30_000

_AXE = files("axe_playwright_python").joinpath("axe.min.js")
_RUN_AXE = "() => axe.run(document, { resultTypes: ['violations'] })"
_OVERFLOWING = """() => {
    const room = document.documentElement.clientWidth;
    // On a telephone a table within a record may be moved from side to side.
    const tables = room > 600 ? "#result_list, table.confirm" : "#result_list";
    const lists = [...document.querySelectorAll(tables)];
    const cut = lists.filter((one) => {
        const box = one.getBoundingClientRect();
        const within = one.parentElement.clientWidth + 1;
        return box.width > 0 && (box.right > room || one.scrollWidth > within);
    });
    const page = document.documentElement.scrollWidth > room ? ["the page"] : [];
    return page.concat(cut.map((one) => `${one.id}: ${one.scrollWidth} px wide`));
}"""


@contextmanager
def browser_page(*, width: int = 1400) -> Iterator[Page]:
    """A page of a browser that ends with the block. While it is open, the ORM cannot be used.

    Fails for scripts that failed and for what the Content-Security-Policy refused.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(find_browser()), args=browser_options()
        )
        page = browser.new_page(viewport={"width": width, "height": 900})
        expect.set_options(timeout=PATIENCE_MILLISECONDS)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _is_refusal(said) else None)
        yield page
        browser.close()
        assert complaints == [], complaints


def _is_refusal(said: ConsoleMessage) -> bool:
    """Whether the browser kept something from being loaded, or run."""
    return said.type == "error" and "Content Security Policy" in said.text


def log_in(page: Page, live_server: LiveServer, user: User) -> None:
    """Ends on the overview."""
    page.goto(f"{live_server.url}/admin/")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill("secret-secret")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#overview-part")).to_be_visible()


def assert_everyone_can_use(page: Page) -> None:
    """Fails with the serious findings of axe-core, and with what is wider than the window."""
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(_RUN_AXE)
    grave = [
        f"{one['id']} ({one['impact']}): {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
    assert grave == [], f"{page.url}: {grave}"
    assert_nothing_is_cut_off(page)


def assert_nothing_is_cut_off(page: Page) -> None:
    """Fails with what is wider than the window."""
    found = page.evaluate(_OVERFLOWING)
    assert found == [], (page.url, page.viewport_size, found)


def tab_to(page: Page, element: Locator) -> None:
    """Presses Tab until the element has the focus, as a person without a mouse does."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        if element.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"the Tab key does not reach {element}")
