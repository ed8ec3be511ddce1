"""Groups in the admin: found, read, assigned, muted, and written about."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jobs.models import DeadLetter, DeadLetterGroup, Event
from jobs.services.dead_letter_groups import groups_now
from jobs.tests.admin.conftest import MakeDeadLetters, make_staff, signed_in
from jobs.tests.admin.pages import assert_contains_all, list_page, text_of
from jobs.tests.factories import allow, make_user

pytestmark = pytest.mark.django_db

LIST = "admin:jobs_deadlettergroup_changelist"
VIEW = ("view_deadletter", "view_deadlettergroup")


def page_of(fingerprint: str) -> str:
    return reverse("admin:jobs_deadlettergroup_change", args=[fingerprint])


def triage(client: Client, fingerprint: str, **said: Any) -> Any:
    path = reverse("admin:jobs_deadlettergroup_triage", args=[fingerprint])
    return client.post(path, said, follow=True)


def test_the_list_takes_as_many_queries_with_many_groups(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    ann = make_user(username="ann")
    make_dead_letters(2, submitted_by_id=ann.pk)
    with CaptureQueriesContext(connection) as few:
        text = text_of(admin_client, reverse(LIST))
    assert_contains_all(text, ["no such mailbox &lt;b&gt;", "tests.note", "2 in 24 hours", "ann"])
    make_dead_letters(1, type="tests.note_once", unknown=True)
    with CaptureQueriesContext(connection) as more:
        text = text_of(admin_client, reverse(LIST))
    assert_contains_all(text, ["tests.note_once", "the effect may have happened", "2 groups"])
    assert len(few) == len(more)
    assert (
        "tests.note_once"
        not in text_of(admin_client, f"{reverse(LIST)}?type=tests.note").partition("<tbody>")[2]
    )
    assert "Nothing waits" in text_of(admin_client, f"{reverse(LIST)}?mine=1&order=bad&p=x")


def test_a_group_is_read_and_people_say_something_about_it(
    chief: Any, admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters()
    path = page_of(letter.fingerprint)
    text = text_of(admin_client, path)
    assert_contains_all(text, ["Redrive…", letter.fingerprint, str(letter.pk), "permanent error"])
    allow(make_user(username="ann"), "view_deadletter")

    assert (
        "Assigned to ann."
        in triage(admin_client, letter.fingerprint, decision="assign", assigned_to="ann").text
    )
    assert (
        "no active account"
        in triage(admin_client, letter.fingerprint, decision="assign", assigned_to="nobody").text
    )
    said = triage(admin_client, letter.fingerprint, decision="note", note="asked <them>").text
    assert_contains_all(said, ["The note is kept.", "asked &lt;them&gt;", chief.username])
    assert (
        "by how many"
        in triage(admin_client, letter.fingerprint, decision="mute", growth="none").text
    )
    muted = triage(admin_client, letter.fingerprint, decision="mute", growth="5", reason="known")
    assert_contains_all(muted.text, ["Muted until 5 more wait.", "muted until 6", "known"])
    assert "Nothing waits" in text_of(admin_client, reverse(LIST))
    assert "muted until 6" in text_of(admin_client, f"{reverse(LIST)}?shown=muted")
    triage(admin_client, letter.fingerprint, decision="unmute")
    assert not groups_now().groups[0].is_muted
    assert DeadLetterGroup.objects.get().assigned_to == "ann"
    assert {one.actor_name for one in Event.objects.all()} == {chief.username}
    shown = text_of(admin_client, list_page(type(letter), fingerprint=letter.fingerprint))
    assert letter.type in shown
    assert "0 dead letters" in text_of(admin_client, list_page(type(letter), fingerprint="none"))


def test_who_may_what(make_dead_letters: MakeDeadLetters) -> None:
    [letter] = make_dead_letters()
    stranger, viewer = signed_in(make_staff("view_job")), signed_in(make_staff(*VIEW))
    assert stranger.get(reverse(LIST)).status_code == 403
    assert stranger.get(page_of(letter.fingerprint)).status_code == 403
    text = text_of(viewer, page_of(letter.fingerprint))
    assert "Redrive…" not in text
    assert "Keep the note" not in text
    assert triage(viewer, letter.fingerprint, decision="note", note="a").status_code == 403
    operator = signed_in(make_staff(*VIEW, "triage_deadletter"))
    assert triage(operator, letter.fingerprint, decision="note", note="a").status_code == 200
    assert triage(operator, "0" * 16, decision="mute", growth="5").status_code == 404
    blind = signed_in(make_staff("triage_deadletter"))
    triage(blind, letter.fingerprint, decision="note", note="b")
    assert Event.objects.count() == 1
    assert operator.get(page_of("0" * 16)).status_code == 404


def discard(client: Client, fingerprint: str, **said: str) -> Any:
    """Opens the page that asks, and sends it with what is said."""
    path = reverse("admin:jobs_deadlettergroup_discard", args=[fingerprint])
    asked = client.get(path)
    return client.post(
        path, {"seen": asked.context["seen"], "confirmed": "yes", **said}, follow=True
    )


@pytest.mark.django_db(transaction=True)  # so that what dies later has a later moment
def test_a_whole_group_is_discarded_with_a_reason(
    admin_client: Client,
    chief: Any,
    make_dead_letters: MakeDeadLetters,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jobs.admin.shared.decision.TYPED_ABOVE", 2)
    [letter, *_] = make_dead_letters(3)
    [kept] = make_dead_letters(1, type="tests.note_once")
    assert "Discard all…" in text_of(admin_client, page_of(letter.fingerprint))
    path = reverse("admin:jobs_deadlettergroup_discard", args=[letter.fingerprint])
    asked = admin_client.get(path)
    assert_contains_all(asked.text, ["Discard 3 dead letters?", "These are 3. Type the number"])
    for said in ({"typed": "3"}, {"typed": "2", "reason": "closed"}, {"reason": "closed"}):
        assert "Discard 3 dead letters?" in discard(admin_client, letter.fingerprint, **said).text
    forged = admin_client.post(
        path, {"seen": "forged", "confirmed": "yes", "typed": "3", "reason": "closed"}
    )
    assert "Discard 3 dead letters?" in forged.text
    assert DeadLetter.objects.waiting().count() == 4

    [later] = make_dead_letters(1)
    sent = {"seen": asked.context["seen"], "confirmed": "yes", "typed": "3", "reason": "closed"}
    done = admin_client.post(path, sent, follow=True)

    assert_contains_all(done.text, ["3 dead letters discarded.", "closed", chief.username])
    assert set(DeadLetter.objects.waiting()) == {kept, later}
    event = Event.objects.about("dead_letter_group", letter.fingerprint).get()
    assert (event.action, event.reason) == ("dead_letter_group.discarded", "closed")
    assert LogEntry.objects.get().object_id == letter.fingerprint
    discard(admin_client, letter.fingerprint, reason="closed")
    gone = admin_client.get(path, follow=True)
    assert "None of this group waits any more." in gone.text


def test_to_discard_a_group_takes_the_permission(make_dead_letters: MakeDeadLetters) -> None:
    [letter] = make_dead_letters()
    path = reverse("admin:jobs_deadlettergroup_discard", args=[letter.fingerprint])
    for codenames in (VIEW, ("discard_deadletter",)):
        client = signed_in(make_staff(*codenames))
        assert client.get(path).status_code == 403
        assert client.post(path, {"confirmed": "yes", "reason": "a"}).status_code == 403
    assert "Discard all…" not in text_of(signed_in(make_staff(*VIEW)), page_of(letter.fingerprint))
    assert DeadLetter.objects.waiting().count() == 1
