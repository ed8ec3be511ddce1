"""The payload editor: masked, checked, compared, and then replayed; notes and assignments."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.models import User
from jobs.models import DeadLetter, Event, Job
from jobs.services.dead_letters import dead_letter_discard
from jobs.tests.admin.conftest import MakeDeadLetters, make_staff, signed_in
from jobs.tests.admin.pages import assert_contains_all, record_page, text_of
from jobs.tests.factories import allow, make_user

pytestmark = pytest.mark.django_db

MASKED = '{"text": "b", "secret": "********"}'


def edit(letter: DeadLetter) -> str:
    return reverse("admin:jobs_deadletter_edit", args=[letter.pk])


def send(client: Client, letter: DeadLetter, payload: str, **said: str) -> Any:
    return client.post(edit(letter), {"payload": payload, **said}, follow=True)


def test_a_payload_is_corrected_and_replayed(
    admin_client: Client, chief: User, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters(payload={"text": "a", "secret": "hunter2"})
    assert "Replay with another payload…" in text_of(admin_client, record_page(letter))
    form = text_of(admin_client, edit(letter))
    assert_contains_all(form, ["********", "keeps its value"])
    assert "hunter2" not in form

    checked = send(admin_client, letter, MASKED, reason="a typing error")
    assert_contains_all(checked.text, ["What changes", "&quot;a&quot;", "&quot;b&quot;"])
    assert "secret</th>" not in checked.text  # it is as it was
    assert not letter.resolution
    send(admin_client, letter, MASKED, reason="a typing error", confirmed="yes")

    letter.refresh_from_db()
    assert (letter.resolution, letter.resolved_by) == ("replayed", chief)
    job = Job.objects.get()
    assert (job.payload["text"], job.payload["secret"]) == ("b", "hunter2")
    assert Event.objects.get().reason == "a typing error"
    assert LogEntry.objects.get().get_change_message() == "Replayed with another payload."
    job_page = text_of(admin_client, record_page(job))
    assert str(letter.pk) in job_page


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ("{", "Enter a valid JSON"),
        ("[1]", "Enter a JSON object."),
        ('{"heigth": 1}', "heigth: Unknown"),
        ('{"text": "a", "secret": ["x"]}', "secret: is refused"),
    ],
)
def test_what_the_type_refuses_is_said_beside_it(
    admin_client: Client, dead_letter: DeadLetter, payload: str, said: str
) -> None:
    page = send(admin_client, dead_letter, payload, confirmed="yes")
    assert_contains_all(page.text, [said, "Check…"])
    dead_letter.refresh_from_db()
    assert dead_letter.resolution == ""


def test_one_that_was_decided_about_meanwhile_is_reported(
    admin_client: Client, dead_letter: DeadLetter
) -> None:
    dead_letter_discard(dead_letter_id=dead_letter.pk, resolved_by_id=None)
    page = send(admin_client, dead_letter, '{"text": "b"}', confirmed="yes")
    assert "already discarded" in page.text


def test_an_interrupted_one_says_so_and_what_to_look_for(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    payload = {"email": "ann@example.com"}
    [letter] = make_dead_letters(unknown=True, type="send_welcome_email", payload=payload)
    text = text_of(admin_client, record_page(letter))
    assert_contains_all(text, ["nobody knows whether it had done", f"&lt;{letter.job_id}@"])
    assert f"&lt;{letter.job_id}@" in text_of(admin_client, edit(letter))


def test_notes_and_assignments(admin_client: Client, dead_letter: DeadLetter) -> None:
    allow(make_user(username="ann"), "view_deadletter")
    path = reverse("admin:jobs_deadletter_triage", args=[dead_letter.pk])
    assert "Assigned to ann." in admin_client.post(path, {"assigned_to": "ann"}, follow=True).text
    assert "no active" in admin_client.post(path, {"assigned_to": "bob"}, follow=True).text
    page = admin_client.post(path, {"note": "asked the provider"}, follow=True)
    assert_contains_all(page.text, ["The note is kept.", "asked the provider", "ann"])


def test_viewers_are_denied(dead_letter: DeadLetter) -> None:
    viewer = signed_in(make_staff("view_deadletter", "replay_deadletter"))
    triage = reverse("admin:jobs_deadletter_triage", args=[dead_letter.pk])
    assert viewer.get(edit(dead_letter)).status_code == 403
    assert viewer.post(triage, {"note": "a"}).status_code == 403
    text = text_of(viewer, record_page(dead_letter))
    assert "Replay with another payload" not in text
    assert "Keep the note" not in text
    assert signed_in(make_staff("change_job")).get(edit(dead_letter)).status_code == 403
