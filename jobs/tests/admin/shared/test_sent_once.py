"""A form is applied once, however often it is sent; one that was not sent says so."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from jobs.models import Event, Job, Queue, Redrive
from jobs.services.schedules import schedule_pause
from jobs.templatetags.sent_once import FIELD
from jobs.tests.admin.conftest import MakeDeadLetters
from jobs.tests.admin.pages import list_page, record_page
from jobs.tests.factories import make_job
from jobs.tests.scheduling import make_schedule

pytestmark = pytest.mark.django_db

SAID = "That form had been sent before"


def token_in(text: str) -> str:
    """The one of the last form of a page that has one."""
    return text.rpartition(f'name="{FIELD}" value="')[2].partition('"')[0]


def send_twice(client: Client, page: str, asked: Any, **fields: Any) -> list[str]:
    """Sends the form of the page `asked` twice, and gives what both answers say."""
    token = token_in(asked.text)
    assert token
    said = [client.post(page, {**fields, FIELD: token}, follow=True).text for _ in range(2)]
    assert SAID not in said[0]
    assert SAID in said[1]
    return said


def test_a_schedule_is_run_once(admin_client: Client, chief: Any) -> None:
    schedule = make_schedule(created_by_id=chief.pk)
    schedule_pause(schedule_id=schedule.pk)
    page = list_page(type(schedule))
    fields = {"action": "run_selected", "_selected_action": [schedule.pk]}
    asked = admin_client.post(page, fields)
    send_twice(admin_client, page, asked, confirmed="yes", **fields)
    assert Job.objects.filter(schedule_id=schedule.pk).count() == 1
    again = admin_client.post(page, fields)
    send_twice(admin_client, page, again, confirmed="yes", **fields)
    assert Job.objects.filter(schedule_id=schedule.pk).count() == 2


def test_a_job_is_cloned_once(admin_client: Client) -> None:
    job = make_job()
    page = reverse("admin:jobs_job_clone", args=[job.pk])
    fields = {"payload": '{"text": "b"}', "queue": "default", "priority": "5"}
    asked = admin_client.post(page, {**fields, "priority": "500", FIELD: "t"})  # refused: not sent
    assert "less than or equal" in asked.text
    send_twice(admin_client, page, asked, **fields)
    assert Job.objects.count() == 2


def test_a_redrive_begins_once(admin_client: Client, make_dead_letters: MakeDeadLetters) -> None:
    [letter] = make_dead_letters()
    page = reverse("admin:jobs_redrive_start")
    opened = admin_client.get(f"{page}?fingerprint={letter.fingerprint}")
    fields = {"selection": opened.context["selection"], "rate": "5"}
    asked = admin_client.post(page, fields)
    fields["selection"] = asked.context["selection"]
    send_twice(admin_client, page, asked, confirmed="yes", **fields)
    assert Redrive.objects.count() == 1


def test_a_pause_and_a_note_are_written_down_once(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    page = list_page(Queue)
    fields = {"action": "pause_selected", "_selected_action": ["bulk"]}
    asked = admin_client.post(page, fields)
    said = send_twice(admin_client, page, asked, confirmed="yes", **fields)
    assert "1 queue paused." in said[0]
    [letter] = make_dead_letters()
    asked = admin_client.get(record_page(letter))
    note = reverse("admin:jobs_deadletter_triage", args=[letter.pk])
    send_twice(admin_client, note, asked, note="seen")
    assert Event.objects.filter(action__in=["queue.paused", "dead_letter.noted"]).count() == 2


def test_a_dead_letter_is_replayed_by_the_first_of_two_tabs(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters()
    page = list_page(type(letter))
    fields = {"action": "replay_selected", "_selected_action": [letter.pk]}
    tabs = [token_in(admin_client.post(page, fields).text) for _ in range(2)]
    assert tabs[0] != tabs[1]
    said = [
        admin_client.post(page, {**fields, "confirmed": "yes", FIELD: one}, follow=True).text
        for one in (*tabs, tabs[0])
    ]
    assert "1 dead letter replayed." in said[0]
    assert "already replayed" in said[1]
    assert SAID in said[2]
    assert Event.objects.filter(action="dead_letter.replayed").count() == 1


def test_what_only_a_form_may_ask_for_leads_back_to_the_form(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    """As after a log-in, where a session has ended in the middle."""
    [letter] = make_dead_letters()
    for page, back in (
        (reverse("admin:jobs_deadletter_triage", args=[letter.pk]), record_page(letter)),
        (
            reverse("admin:jobs_deadlettergroup_triage", args=[letter.fingerprint]),
            reverse("admin:jobs_deadlettergroup_change", args=[letter.fingerprint]),
        ),
    ):
        answer = admin_client.get(page, follow=True)
        assert answer.redirect_chain == [(back, 302)]
        assert "the form was not sent" in answer.text
