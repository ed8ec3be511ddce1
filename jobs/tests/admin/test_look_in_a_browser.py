"""In a real browser: in light, dark and on a telephone, with the keyboard alone, for everyone."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from jobs.core.states import Resolution
from jobs.models import Batch, DeadLetter, Queue, RollUp
from jobs.services.queues import queue_pause
from jobs.sql.statements import database_now
from jobs.tests.admin.browser import (
    NARROW,
    WIDE,
    assert_everyone_can_use,
    assert_nothing_is_cut_off,
    browser_page,
    log_in,
    tab_to,
)
from jobs.tests.admin.conftest import MakeDeadLetters
from jobs.tests.admin.pages import record_page
from jobs.tests.factories import make_job
from jobs.tests.scheduling import make_schedule

pytestmark = pytest.mark.django_db(transaction=True)

LISTS = (
    *("jobs/job", "jobs/deadletter", "jobs/queue", "jobs/schedule", "jobs/batch", "jobs/worker"),
    *("jobs/event", "accounts/user", "jobs/limit/add"),
)


@pytest.fixture
def pages(make_dead_letters: MakeDeadLetters, chief: User) -> list[str]:
    """Pages with something on each, the overview first."""
    letters = make_dead_letters(3, payload={"text": "a long text " * 10})
    make_job(type="tests.note_once")
    schedule = make_schedule(name="nightly", created_by_id=chief.pk)
    Batch.objects.create(name="an import")
    Queue.objects.get_or_create(name="default")
    queue_pause(name="default", reason="the mail server is away")
    for minutes in range(0, 50, 7):
        for outcome in ("succeeded", "dead", "retried", "cancelled"):
            RollUp.objects.create(
                begins_at=(database_now() - timedelta(minutes=minutes)).replace(second=0),
                seconds=60,
                queue="default",
                type="tests.note",
                outcome=outcome,
                wait_bucket=minutes % 11,
                run_bucket=minutes % 9,
                count=minutes + 1,
            )
    records = [letters[0], letters[0].job, schedule, Queue.objects.get(name="default")]
    return ["/admin/", *(f"/admin/{one}/" for one in LISTS), *map(record_page, records)]


def test_every_page_can_be_used_by_everyone(
    live_server: LiveServer, chief: User, pages: list[str]
) -> None:
    with browser_page(width=WIDE) as page:
        page.goto(f"{live_server.url}/admin/login/")
        assert_everyone_can_use(page)
        log_in(page, live_server, chief)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for path in pages if scheme == "light" else [*pages[:3], *pages[-4:-2]]:
                page.goto(f"{live_server.url}{path}")
                assert_everyone_can_use(page)
        page.set_viewport_size({"width": NARROW, "height": 800})
        for path in pages:
            page.goto(f"{live_server.url}{path}")
            assert_nothing_is_cut_off(page)


def test_a_decision_takes_no_mouse_and_the_overview_refreshes_only_while_it_is_seen(
    live_server: LiveServer, chief: User, make_dead_letters: MakeDeadLetters
) -> None:
    make_dead_letters()
    asked: list[str] = []
    with browser_page(width=WIDE) as page:
        page.clock.install()
        log_in(page, live_server, chief)
        page.on("request", lambda request: asked.append(request.url))
        assert refreshes(page, asked)
        show(page, is_hidden=True)
        assert not refreshes(page, asked)
        show(page, is_hidden=False)
        expect_asked(page, asked)

        enter(page, page.get_by_role("link", name="1 dead letter of tests.note"))
        expect(page.get_by_role("heading", name="Dead letter group", exact=True)).to_be_visible()
        enter(page, page.get_by_role("link", name="Show all"))
        expect(page.locator("time.moment .moment-ago").first).to_contain_text("ago")
        tab_to(page, page.locator("input.action-select").first)
        page.keyboard.press("Space")
        tab_to(page, page.get_by_label("Select action to run"))
        page.keyboard.type("Discard")
        tab_to(page, page.locator('button[name="index"]'))
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Yes, discard")).to_be_visible()
        assert_everyone_can_use(page)
        tab_to(page, page.get_by_role("button", name="Yes, discard"))
        page.keyboard.press("Enter")
        expect(page.get_by_text("1 dead letter discarded.")).to_be_visible()

    assert DeadLetter.objects.get().resolution == Resolution.DISCARDED


def enter(page: Page, link: object) -> None:
    tab_to(page, link)  # type: ignore[arg-type]
    page.keyboard.press("Enter")


def refreshes(page: Page, asked: list[str]) -> bool:
    """Whether the overview asks for its part when 11 seconds have gone by."""
    asked.clear()
    page.clock.run_for(11_000)
    page.wait_for_load_state("networkidle")
    return any("part=1" in url for url in asked)


def show(page: Page, *, is_hidden: bool) -> None:
    """Tells the page that its tab is hidden, or seen again."""
    page.evaluate(
        """is_hidden => {
            Object.defineProperty(document, "hidden", { value: is_hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_hidden,
    )


def expect_asked(page: Page, asked: list[str]) -> None:
    page.wait_for_load_state("networkidle")
    assert any("part=1" in url for url in asked)
