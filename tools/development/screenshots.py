"""Takes the pictures in docs/images: main pages of the admin, with the data of `demo_data`.

bin/python -m tools.development.screenshots; for releases, and where the look has changed.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

from jobs.management.option_types import whole_number
from tools.checkout import CHECKOUT
from tools.child import Child
from tools.development.browser import browser_options, find_browser
from tools.http_client import HttpClient
from tools.measuring.program import measure_on_servers
from tools.ports import free_port
from tools.waiting import wait_until

IMAGES = CHECKOUT / "docs" / "images"
USER, PASSWORD = "demo", "demo"
READY_SECONDS = 60.0


class Picture(NamedTuple):
    """A page as it looks in a window of that size."""

    name: str
    path: str
    scheme: str = "light"
    width: int = 1360
    height: int = 900


PICTURES = (
    Picture("overview", "/admin/?span=day"),
    Picture("overview-dark", "/admin/?span=day", "dark"),
    Picture("overview-telephone", "/admin/?span=day", width=390, height=844),
    Picture("jobs", "/admin/jobs/job/"),
    Picture("dead-letters", "/admin/jobs/deadletter/"),
    Picture("dead-letters-dark", "/admin/jobs/deadletter/", "dark"),
    Picture("queues", "/admin/jobs/queue/"),
    Picture("schedules", "/admin/jobs/schedule/"),
    Picture("workers", "/admin/jobs/worker/"),
)


def main() -> int:
    """Writes the pictures; 2 if the servers may be those of production."""
    options = _options()
    return measure_on_servers(lambda: _take(options.jobs), production_allowed=False)


def _take(jobs: int) -> bool:
    with _service(jobs) as address:
        for name in _taken(address):
            print(name)
    return True


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/python -m tools.development.screenshots", description=__doc__
    )
    parser.add_argument(
        "--jobs",
        type=whole_number(1_000, 100_000_000),
        default=20_000,
        help="of the demo data (20,000)",
    )
    return parser.parse_args()


@contextmanager
def _service(jobs: int) -> Iterator[str]:
    """The API on a database of its own with demo data; gives its address."""
    from tools.measuring.databases import migrated_database

    variables = {"JOBS_REDIS_PREFIX": f"{{screenshots_{os.getpid()}}}:"}
    with migrated_database("screenshots", variables), TemporaryDirectory() as directory:
        _fill(jobs)
        port = free_port()

        def start(name: str, *arguments: str) -> Child:
            log = Path(directory) / f"{name}.log"
            return Child(name, arguments, log=log, environment=dict(os.environ))

        heartbeats = start("heartbeats", "manage.py", "demo_data", "--stay")
        api = start("api", "-m", "scheduler.serving", "--bind", f"127.0.0.1:{port}")
        address = f"http://127.0.0.1:{port}"
        try:
            client = HttpClient(address)
            what = "the API did not answer"
            wait_until(lambda: client.is_ready("/health/live"), READY_SECONDS, what)
            yield address
        finally:
            api.stop()
            heartbeats.stop()


def _fill(jobs: int) -> None:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    call_command("demo_data", jobs=jobs)
    get_user_model()._default_manager.create_superuser(USER, password=PASSWORD)


def _taken(address: str) -> Iterator[str]:
    """Takes each picture, and gives its name."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(find_browser()), args=browser_options()
        )
        page = browser.new_page(timezone_id="Europe/Berlin")
        _log_in(page, address)
        for picture in PICTURES:
            page.emulate_media(color_scheme="dark" if picture.scheme == "dark" else "light")
            page.set_viewport_size({"width": picture.width, "height": picture.height})
            page.goto(f"{address}{picture.path}")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=IMAGES / f"{picture.name}.png")
            yield picture.name
        browser.close()


def _log_in(page: Page, address: str) -> None:
    page.goto(f"{address}/admin/")
    page.get_by_label("Username").fill(USER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    sys.exit(main())
