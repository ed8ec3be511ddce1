"""The browser of the browser tests: found, named, or missed in words."""

import os
from pathlib import Path

import pytest

from tools.development import browser
from tools.errors import ToolError


@pytest.fixture
def nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any browser, from which nothing can be fetched."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(browser, "_installed", lambda: iter(()))
    monkeypatch.setattr(browser, "BROWSER_DIR", tmp_path)
    monkeypatch.setattr(browser, "_fetch_with_playwright", lambda: None)
    monkeypatch.setattr(browser, "_fetch_from_debian", lambda: None)


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_one_that_is_named_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named = script(tmp_path / "mine", "exit 0")
    monkeypatch.setenv("CHROMIUM", str(named))
    assert browser.find_browser() == named


def test_one_that_is_named_and_does_not_run_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(ToolError, match="'/nowhere/chromium', which does not run"):
        browser.find_browser()


@pytest.mark.usefixtures("nothing_here")
def test_without_any_it_says_what_to_install() -> None:
    with pytest.raises(ToolError, match="apt install chromium"):
        browser.find_browser()


@pytest.mark.usefixtures("nothing_here")
def test_one_that_was_fetched_earlier_is_used(tmp_path: Path) -> None:
    fetched = script(tmp_path / "chromium", "exit 0")
    assert browser.find_browser() == fetched


@pytest.mark.usefixtures("nothing_here")
def test_one_that_lacks_a_library_is_passed_over(tmp_path: Path) -> None:
    script(tmp_path / "chromium", "exit 127")
    with pytest.raises(ToolError):
        browser.find_browser()


@pytest.mark.usefixtures("nothing_here")
@pytest.mark.parametrize("driver_runs", [True, False])
def test_the_driver_gets_the_libraries_that_the_system_lacks(
    driver_runs: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", "")
    driver = script(tmp_path / "driver", "exit 0" if driver_runs else "exit 127")
    monkeypatch.setattr(browser, "_DRIVER", driver)
    launcher = script(tmp_path / "node", "exit 0")
    script(tmp_path / "chromium", "exit 0")
    browser.find_browser()
    assert os.environ["PLAYWRIGHT_NODEJS_PATH"] == ("" if driver_runs else str(launcher))
