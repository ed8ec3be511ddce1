"""In a real browser: a person reads why a job died, replays it, and sees that it was replayed."""

import pytest
from django.contrib.admin.models import LogEntry
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from jobs.core.states import JobState, Resolution
from jobs.models import DeadLetter, Job
from jobs.tests.admin.browser import browser_page, log_in
from jobs.tests.admin.conftest import MakeDeadLetters


@pytest.mark.django_db(transaction=True)
def test_a_dead_letter_is_read_and_replayed(
    live_server: LiveServer, chief: User, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters(payload={"text": "hello", "secret": "open sesame"})

    with browser_page() as page:
        log_in(page, live_server, chief)
        page.get_by_role("link", name="Dead letters", exact=False).first.click()
        page.locator("#result_list").get_by_role("link", name="tests.note").first.click()
        expect(page.get_by_text("Traceback (most recent call last)")).to_be_visible()
        expect(page.locator("#payload")).to_contain_text("********")
        expect(page.locator("body")).not_to_contain_text("open sesame")

        page.get_by_role("link", name="Dead letters").first.click()
        page.locator("input.action-select").check()
        page.get_by_label("Select action to run").select_option("Replay selected")
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
        page.get_by_role("link", name="Dead letters", exact=False).first.click()
        page.locator("#result_list").get_by_role("link", name="tests.note_once").first.click()

        page.get_by_role("button", name="Replay…").click()
        expect(page.get_by_text("nobody knows")).to_be_visible()
        page.get_by_role("link", name="No, take me back").click()

        page.get_by_role("button", name="Discard…").click()
        page.get_by_role("button", name="Yes, discard").click()
        expect(page.get_by_text("1 dead letter discarded.")).to_be_visible()

    assert DeadLetter.objects.get().resolution == Resolution.DISCARDED
