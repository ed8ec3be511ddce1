"""A Chromium for the browser tests: one that is here, else one that is fetched once.

Nothing is installed on the system, and root is not needed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import playwright

from tools.checkout import DATA_DIR
from tools.debian import Unpacked
from tools.errors import ToolError

BROWSER_DIR = DATA_DIR / "browser"

_DRIVER = Path(playwright.__file__).parent / "driver" / "node"
_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# Chromium, and a library that Playwright's Node.js wants and small systems lack.
_PACKAGES = ("chromium", "libatomic1")

_unpacked = Unpacked(BROWSER_DIR)


def find_browser() -> Path:
    """A Chromium that runs; the variable CHROMIUM names another. Fetches one if there is none.

    Sees to it that Playwright's driver runs as well, in this process and its children.
    Raises `ToolError`, which says what to install.
    """
    if named := os.environ.get("CHROMIUM"):
        if not _runs(Path(named)):
            raise ToolError(f"CHROMIUM is {named!r}, which does not run.")
        return Path(named)
    browser = _find_or_fetch()
    if not _runs(_DRIVER) and (node := BROWSER_DIR / "node").exists():
        os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(node)
    return browser


def _find_or_fetch() -> Path:
    for browser in (*_installed(), *_fetched()):
        if _runs(browser):
            return browser
    for fetch in (_fetch_with_playwright, _fetch_from_debian):
        fetch()
        for browser in _fetched():
            if _runs(browser):
                return browser
    raise ToolError(
        "No Chromium was found, and none could be fetched. Install one (on Debian: "
        f"apt install chromium) or name it in CHROMIUM. What was tried: {_unpacked.log}."
    )


def browser_options() -> list[str]:
    """Its command-line options: root has no sandbox."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


def _installed() -> Iterator[Path]:
    for command in _COMMANDS:
        if path := shutil.which(command):
            yield Path(path)
    yield from map(Path, _MACOS if sys.platform == "darwin" else ())


def _fetched() -> Iterator[Path]:
    for pattern in ("playwright/chromium-*/chrome-*/*", "chromium"):
        for path in BROWSER_DIR.glob(pattern):
            if path.name in ("chrome", "chromium"):
                yield path


def _runs(program: Path) -> bool:
    """Whether it starts: a missing library shows even when it only tells its version."""
    options = browser_options() if program != _DRIVER else []
    try:
        told = subprocess.run(  # noqa: S603
            [program, "--version", *options], capture_output=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return told.returncode == 0


def _fetch_with_playwright() -> None:
    _unpacked.run(
        [sys.executable, "-m", "playwright", "install", "chromium"],
        {"PLAYWRIGHT_BROWSERS_PATH": str(BROWSER_DIR / "playwright")},
    )


def _fetch_from_debian() -> None:
    if _unpacked.fetch(_PACKAGES):
        _unpacked.write_launcher("node", _DRIVER)
        _unpacked.write_launcher("chromium", _unpacked.root / "usr/lib/chromium/chromium")
