"""In a real browser: a person reads why a job died, replays it, and sees that it was replayed."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.admin.models import LogEntry
from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from jobs.core.states import JobState, Resolution
from jobs.models import DeadLetter, Job
from jobs.tests.admin.conftest import MakeDeadLetters
from tools.development.browser import browser_options, find_browser


@contextmanager
def browser_page() -> Iterator[Page]:
    """A page of a browser that ends with the block. While it is open, the ORM cannot be used."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(find_browser()), args=browser_options()
        )
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _is_refusal(said) else None)
        yield page
        browser.close()
        assert complaints == []


def _is_refusal(said: ConsoleMessage) -> bool:
    """Whether the browser kept something from being loaded, or run."""
    return said.type == "error" and "Content Security Policy" in said.text


def log_in(page: Page, live_server: LiveServer, user: User) -> None:
    page.goto(f"{live_server.url}/admin/")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill("secret-secret")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("link", name="Job scheduler")).to_be_visible()


@pytest.mark.django_db(transaction=True)
def test_a_dead_letter_is_read_and_replayed(
    live_server: LiveServer, chief: User, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters(payload={"text": "hello", "secret": "open sesame"})

    with browser_page() as page:
        log_in(page, live_server, chief)
        page.locator("#content").get_by_role("link", name="Dead letters").click()
        page.locator("#result_list").get_by_role("link", name="tests.note").first.click()
        expect(page.get_by_text("Traceback (most recent call last)")).to_be_visible()
        expect(page.locator("#payload")).to_contain_text("********")
        expect(page.locator("body")).not_to_contain_text("open sesame")

        page.get_by_role("link", name="Dead letters").first.click()
        page.locator("input.action-select").check()
        page.get_by_label("Action:").select_option("Replay selected")
        page.locator('button[name="index"]').click()  # its text differs between versions
        expect(page.get_by_role("heading", name="Replay 1 dead letter?")).to_be_visible()
        page.get_by_role("button", name="Yes, replay").click()

        expect(page.get_by_text("1 dead letter replayed.")).to_be_visible()
        expect(page.locator("input.action-select")).to_have_count(0)

    letter.refresh_from_db()
    assert letter.resolution == Resolution.REPLAYED
    assert letter.resolved_by == chief
    assert Job.objects.get(id=letter.job_id).state == JobState.QUEUED
    assert LogEntry.objects.get().user == chief


@pytest.mark.django_db(transaction=True)
def test_a_dead_letter_is_discarded_from_its_own_page_after_a_second_thought(
    live_server: LiveServer, chief: User, make_dead_letters: MakeDeadLetters
) -> None:
    make_dead_letters(unknown=True, type="tests.note_once")

    with browser_page() as page:
        log_in(page, live_server, chief)
        page.locator("#content").get_by_role("link", name="Dead letters").click()
        page.locator("#result_list").get_by_role("link", name="tests.note_once").first.click()

        page.get_by_role("button", name="Replay…").click()
        expect(page.get_by_text("nobody knows")).to_be_visible()
        page.get_by_role("link", name="No, take me back").click()

        page.get_by_role("button", name="Discard…").click()
        page.get_by_role("button", name="Yes, discard").click()
        expect(page.get_by_text("1 dead letter discarded.")).to_be_visible()

    assert DeadLetter.objects.get().resolution == Resolution.DISCARDED
