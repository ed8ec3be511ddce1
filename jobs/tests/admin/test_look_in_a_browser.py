"""In a real browser: in light, dark and on a telephone, with the keyboard alone, for everyone."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from jobs.core.states import JobState, Resolution
from jobs.models import Batch, DeadLetter, Event, Queue, RollUp
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


def test_the_main_ways_take_keys_alone_and_a_double_click_decides_once(
    live_server: LiveServer, chief: User, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters(payload={"text": "wrong"})
    job = make_job()
    with browser_page(width=WIDE) as page:
        log_in(page, live_server, chief)
        ready(page)
        press(page, "?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        assert_everyone_can_use(page)
        press(page, "Escape")

        press(page, "g", "q")  # the queues: the first one is paused
        expect(page.get_by_role("heading", name="Queues", exact=True)).to_be_visible()
        ready(page)
        press(page, "j", "x")
        choose(page, "Pause")
        tab_to(page, page.get_by_label("Reason"))
        page.keyboard.type("g j is no way out of a field?")
        press(page, "Enter")
        expect(page.get_by_text("1 queue paused.")).to_be_visible()

        press(page, "g", "j")  # the jobs: the newest is cancelled
        expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
        ready(page)
        press(page, "/")
        expect(page.locator("#searchbar")).to_be_focused()
        page.keyboard.type(str(job.pk))
        press(page, "Enter")
        expect(page.locator("#result_list tbody tr")).to_have_count(1)
        ready(page)
        press(page, "j", "Enter")
        enter(page, page.get_by_role("button", name="Cancel…"))
        enter(page, page.get_by_role("button", name="Yes, cancel"))
        expect(page.get_by_text("1 job cancelled, or asked to stop.")).to_be_visible()

        press(page, "g", "g")  # the groups: what is wrong is corrected and replayed
        expect(page.get_by_role("heading", name="Dead letter groups")).to_be_visible()
        ready(page)
        press(page, "j", "Enter")
        enter(page, page.get_by_role("link", name="Show all"))
        expect(page.locator("#result_list")).to_be_visible()
        ready(page)
        press(page, "j", "Enter")
        enter(page, page.get_by_role("link", name="Replay with another payload…"))
        tab_to(page, page.get_by_label("Payload"))
        press(page, "Control+a")
        page.keyboard.type('{"text": "right"}')
        enter(page, page.get_by_role("button", name="Check…"))
        expect(page.get_by_text("What changes")).to_be_visible()
        page.get_by_role("button", name="Yes, replay").dblclick()
        expect(page.get_by_text("Replayed with another payload.")).to_be_visible()

    letter.refresh_from_db()
    job.refresh_from_db()
    assert (letter.resolution, job.state) == (Resolution.REPLAYED, JobState.CANCELLED)
    assert Queue.objects.paused().get().paused_reason == "g j is no way out of a field?"
    assert Event.objects.filter(action="dead_letter.replayed").count() == 1


def ready(page: Page) -> None:
    """Waits for the scripts of the page."""
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_visible()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def choose(page: Page, action: str) -> None:
    tab_to(page, page.get_by_label("Select action to run"))
    page.keyboard.type(action)
    tab_to(page, page.locator('button[name="index"]'))
    press(page, "Enter")
