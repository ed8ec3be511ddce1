"""A Chromium for the browser tests: one that is here, else one that is fetched once.

Nothing is installed on the system, and root is not needed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

import playwright

from tools.checkout import DATA_DIR
from tools.errors import ToolError

BROWSER_DIR = DATA_DIR / "browser"

_DRIVER = Path(playwright.__file__).parent / "driver" / "node"
_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_FETCH_SECONDS = 300

# Chromium, and a library that Playwright's Node.js wants and small systems lack.
_PACKAGES = ("chromium", "libatomic1")

# Libraries and fonts come from where the packages were unpacked, as far as the system lacks them.
_LAUNCHER = """\
#!/bin/sh
root={root}
export LD_LIBRARY_PATH={libraries}
if [ ! -e /etc/fonts/fonts.conf ]; then
    export FONTCONFIG_PATH="$root/etc/fonts" XDG_DATA_HOME="$root/usr/share"
fi
exec {program} "$@"
"""


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
    for fetch in (_fetch_with_playwright, _fetch_with_apt):
        fetch()
        for browser in _fetched():
            if _runs(browser):
                return browser
    raise ToolError(
        "No Chromium was found, and none could be fetched. Install one (on Debian: "
        f"apt install chromium) or name it in CHROMIUM. What was tried: {BROWSER_DIR / 'log'}."
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
    _try(
        [sys.executable, "-m", "playwright", "install", "chromium"],
        {"PLAYWRIGHT_BROWSERS_PATH": str(BROWSER_DIR / "playwright")},
    )


def _fetch_with_apt() -> None:
    """Unpacks Debian's packages and what they need, with apt's state below `.data`."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return
    root, lists, archives = (BROWSER_DIR / name for name in ("root", "lists", "archives"))
    for directory in (root, lists / "partial", archives / "partial"):
        directory.mkdir(parents=True, exist_ok=True)
    apt = ["apt-get", "--quiet"]
    for option in (
        f"Dir::State::Lists={lists}",
        f"Dir::Cache={BROWSER_DIR}",
        f"Dir::Cache::Archives={archives}",
        "Debug::NoLocking=true",  # the system's locks are root's, and nothing of it is changed
        "APT::Sandbox::User=root",  # the user _apt cannot write here
    ):
        apt += ["-o", option]
    install = [*apt, "install", "--download-only", "--yes", "--no-install-recommends"]
    if not (_try([*apt, "update"]) and _try([*install, *_PACKAGES])):
        return
    for package in sorted(archives.glob("*.deb")):
        _try(["dpkg-deb", "--extract", str(package), str(root)])
        package.unlink()
    _write_launcher("node", _DRIVER, root)
    _write_launcher("chromium", root / "usr/lib/chromium/chromium", root)


def _write_launcher(name: str, program: Path, root: Path) -> None:
    """A script that runs the program with the libraries that were unpacked."""
    libraries = ":".join(sorted({str(library.parent) for library in root.rglob("lib*.so*")}))
    launcher = BROWSER_DIR / name
    launcher.write_text(
        _LAUNCHER.format(
            root=quote(str(root)), libraries=quote(libraries), program=quote(str(program))
        )
    )
    launcher.chmod(0o755)


def _try(command: list[str], environment: dict[str, str] | None = None) -> bool:
    """Whether the command did its work; what it says goes to the log."""
    BROWSER_DIR.mkdir(parents=True, exist_ok=True)
    with (BROWSER_DIR / "log").open("ab") as log:
        log.write(f"\n$ {' '.join(command)}\n".encode())
        log.flush()
        try:
            done = subprocess.run(  # noqa: S603
                command,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=_FETCH_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            log.write(f"{error}\n".encode())
            return False
    return done.returncode == 0
