"""In a browser: the kind of dead letters that began last is found, corrected and redriven."""

import json
import os
import re
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from jobs.broker import get_broker
from jobs.models import DeadLetter, Event, Redrive
from jobs.services.demo.failures import RIGHT_MAILBOX, WRONG_MAILBOX
from jobs.sql.statements import database_now
from tools.at_size.mail_counter import MailCounter
from tools.at_size.options import Options
from tools.at_size.report import say_all, slow, visit_lines
from tools.at_size.staff import staff_make
from tools.at_size.visits import Visits, visits
from tools.benchmark.processes import api, workers
from tools.errors import ToolError
from tools.terminal import say
from tools.waiting import wait_until

GROUPS = "/admin/jobs/deadlettergroup/?order=first_seen"
QUEUE = "emails"
# With five million jobs the kind has 50,000 dead letters: a hundred seconds at 500 a second.
RATE, RATE_MIN, SECONDS = 500, 25, 100
# It is paused once so much of it is replayed, for so long.
PAUSED_AT, PAUSE_MILLISECONDS = 0.4, 5_000
_LOOK_MILLISECONDS = 250
_PATIENCE_SECONDS = 900.0


def redrive(options: Options) -> bool:
    """Whether all were replayed at the rate and none while it was paused, and every mail sent once.

    No page may be too slow meanwhile either.
    """
    staff, letters = staff_make(), _letters()
    if not letters:
        raise ToolError("No kind of dead letters can be corrected any more: make the data anew.")
    rate = max(RATE_MIN, min(RATE, letters // SECONDS))
    with MailCounter() as mails:
        os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{mails.port}"
        with api() as server, workers(processes=2, queues=QUEUE):
            wait_until(_is_idle, _PATIENCE_SECONDS, "the workers are still busy", every_seconds=0.5)
            with visits(server, staff) as seen:
                redrive_id, while_paused = _redriven(seen, f"http://{server}", letters, rate)
            _wait_for_ends(redrive_id)
    say_all(visit_lines(seen.server, seen.browser))
    return _is_right(redrive_id, letters, while_paused, mails.taken[RIGHT_MAILBOX]) and not slow(
        seen.server, seen.browser
    )


def _letters() -> int:
    return DeadLetter.objects.waiting().filter(payload__to=[WRONG_MAILBOX]).count()


def _is_idle() -> bool:
    """Whether the workers have fetched all that lay in their queue before they began."""
    return not any(get_broker().depth([QUEUE]).ready.values())


def _redriven(seen: Visits, server: str, letters: int, rate: int) -> tuple[UUID, int]:
    """The id of the redrive that is completed, and how many were replayed while it was paused."""
    page = seen.page
    page.goto(f"{server}/admin/")  # once, as a process that has just begun reads its templates
    seen.go("the overview", lambda: page.goto(f"{server}/admin/"))
    seen.go("the groups, what began last first", lambda: page.goto(f"{server}{GROUPS}"))
    group = page.locator(".page-table tbody tr").first.get_by_role("link").first
    seen.go("the group", group.click)
    newest = page.locator(".page-table tbody tr").first.get_by_role("link")
    seen.go("its newest dead letter", newest.click)
    if WRONG_MAILBOX not in page.locator("#payload").inner_text():
        raise ToolError(f"The kind that began last is another one: {page.url}")
    seen.go("the group again", page.go_back)
    seen.go("how to redrive it", page.get_by_role("link", name="Redrive…").click)
    page.get_by_label("Rate").fill(str(rate))
    page.get_by_label("Changes").fill(json.dumps({"to": [RIGHT_MAILBOX]}))
    page.get_by_label("Reason").fill("the mailbox has another name")
    seen.go("what it would do", page.get_by_role("button", name="Check…").click)
    page.get_by_label("to confirm").fill(str(letters))
    seen.go("the redrive has begun", page.get_by_role("button", name="Yes, redrive").click)
    address = page.url
    _wait(seen, lambda: _figure(seen, "Replayed") >= letters * PAUSED_AT)
    seen.note_fetches("its figures, while it runs")
    _decide(seen, "pause")
    seen.go("the redrive, paused", lambda: page.goto(address))
    before = _figure(seen, "Replayed")
    page.wait_for_timeout(PAUSE_MILLISECONDS)
    seen.go("the redrive, still paused", lambda: page.reload())
    while_paused = _figure(seen, "Replayed") - before
    _decide(seen, "resume")
    seen.go("the redrive goes on", lambda: page.goto(address))
    _wait(seen, lambda: page.locator("#redrive-state").get_by_text("completed").count() > 0)
    seen.note_fetches("its figures, until it ends")
    return UUID(re.findall(r"[0-9a-f-]{36}", address)[-1]), while_paused


def _decide(seen: Visits, verb: str) -> None:
    button = seen.page.get_by_role("button", name=f"{verb.capitalize()}…")
    seen.go(f"whether to {verb}", button.first.click)
    sure = seen.page.get_by_role("button", name=f"Yes, {verb}")
    seen.go(f"the redrives, after the {verb}", sure.click)


def _figure(seen: Visits, name: str) -> int:
    """One of the figures that the page of the redrive shows."""
    fact = seen.page.locator("#redrive-state .facts div").filter(has_text=name).locator("dd")
    return int(re.sub(r"\D", "", fact.first.inner_text()))


def _wait(seen: Visits, condition: Callable[[], bool]) -> None:
    """Lets the page follow the redrive by itself until it shows that."""
    for _ in range(int(_PATIENCE_SECONDS * 1_000 / _LOOK_MILLISECONDS)):
        if condition():
            return
        seen.page.wait_for_timeout(_LOOK_MILLISECONDS)
    raise ToolError(f"{seen.page.url} did not go on within {_PATIENCE_SECONDS:g} s")


def _wait_for_ends(redrive_id: UUID) -> None:
    settled = Redrive.objects.filter(id=redrive_id, settled_at__isnull=False)
    wait_until(settled.exists, _PATIENCE_SECONDS, "not all replayed jobs ended", every_seconds=0.5)


def _is_right(redrive_id: UUID, letters: int, while_paused: int, mails: int) -> bool:
    redrive = Redrive.objects.get(id=redrive_id)
    seconds = _seconds_running(redrive)
    until_ended = (database_now() - redrive.created_at).total_seconds()
    say(
        f"redrive: {redrive.replayed:,} of {letters:,} replayed in {seconds:.1f} s without the "
        f"pause, {redrive.replayed / seconds:,.0f} a second ({redrive.rate:g} asked for); "
        f"{while_paused} while it was paused; all had ended {until_ended:.0f} s after the start: "
        f"{redrive.succeeded:,} succeeded, {redrive.failed:,} are dead again; {mails:,} mails came"
    )
    is_whole = redrive.replayed == redrive.succeeded == mails == letters
    return is_whole and not while_paused and not _letters()


def _seconds_running(redrive: Redrive) -> float:
    moments = dict[str, datetime](
        Event.objects.about("redrive", redrive.id).values_list("action", "at")
    )
    began, paused, resumed, ended = (
        moments[f"redrive.{one}"] for one in ("started", "paused", "resumed", "completed")
    )
    return ((paused - began) + (ended - resumed)).total_seconds()
