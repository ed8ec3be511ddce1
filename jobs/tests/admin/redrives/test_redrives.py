"""Redrives in the admin: started with a second thought, watched, paused, denied to viewers."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.models import User
from jobs.admin.redrives import start_page
from jobs.models import DeadLetter, Redrive
from jobs.tests.admin.conftest import MakeDeadLetters, make_staff, signed_in
from jobs.tests.admin.pages import assert_contains_all, list_page, record_page, text_of
from jobs.tests.services.redrives.redriving import go_on

pytestmark = pytest.mark.django_db

START = "admin:jobs_redrive_start"
FORM = {"rate": "500", "stop_at_percent": "50", "changes": "", "reason": "mended"}


def send(client: Client, page: Any, **said: str) -> Any:
    """Sends a page of the start on, with what it has."""
    given = {"selection": page.context["selection"], **FORM, **said}
    return client.post(reverse(START), given, follow=True)


def opened(client: Client, letter: DeadLetter) -> Any:
    return client.get(f"{reverse(START)}?fingerprint={letter.fingerprint}")


def test_a_group_is_redriven(
    admin_client: Client, chief: User, make_dead_letters: MakeDeadLetters
) -> None:
    letters = make_dead_letters(3, payload={"text": "a", "secret": "hunter2"})
    changes = {"changes": '{"text": "b", "secret": "swordfish"}'}
    checked = send(admin_client, opened(admin_client, letters[0]), **changes)
    said = [
        "3</strong> dead letters",
        "Of the first 3, 3 take them",
        "<del>a</del>",
        "500 a second",
    ]
    assert_contains_all(checked.text, said)
    assert "<del>hunter2" not in checked.text
    assert not Redrive.objects.exists()

    begun = send(admin_client, checked, confirmed="yes", **changes)

    redrive = Redrive.objects.get()
    assert begun.redirect_chain == [(record_page(redrive), 302)]
    assert (redrive.total, redrive.rate, redrive.reason) == (3, 500.0, "mended")
    assert redrive.changes == {"text": "b", "secret": "swordfish"}
    assert_contains_all(begun.text, ["The redrive has begun.", "Pause…", "data-following"])
    assert "swordfish" not in begun.text
    assert LogEntry.objects.get().user == chief
    redrive = go_on(redrive)
    text = text_of(admin_client, record_page(redrive))
    assert_contains_all(text, ["completed", "<td>completed</td>", "3 of 3"])
    listed = text_of(admin_client, list_page(Redrive))
    assert_contains_all(listed, ["completed", "tests.note: PermanentError: no such mailbox"])
    assert_contains_all(text, ["tests.note: PermanentError: no such mailbox"])
    assert letters[0].fingerprint not in listed
    assert "died before" not in listed
    letter_text = text_of(admin_client, record_page(letters[0]))
    assert_contains_all(letter_text, ["replayed by redrive", str(redrive.id)])


def test_what_does_not_fit_is_said_before_it_begins(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters()
    page = opened(admin_client, letter)
    assert ">null<" not in " ".join(page.text.split()).replace("> null", ">null")
    for said, expected in (
        ({"rate": "0"}, "greater than or equal to 0.1"),
        ({"changes": "[1]"}, "Enter a JSON object"),
        ({"changes": "{"}, "Enter a valid JSON"),
        ({"changes": '{"seconds": "soon"}'}, "Of the first 1, 0 take them"),
        ({"selection": "forged"}, "The page was too old"),
    ):
        assert expected in send(admin_client, page, **said).text, said
    assert not Redrive.objects.exists()


def test_many_are_typed(
    admin_client: Client,
    make_dead_letters: MakeDeadLetters,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jobs.admin.shared.decision.TYPED_ABOVE", 2)
    monkeypatch.setattr(start_page, "TYPED_ABOVE", 2)
    letters = make_dead_letters(3)
    checked = send(admin_client, opened(admin_client, letters[0]))
    assert "Type 3 to confirm:" in checked.text
    refused = send(admin_client, checked, confirmed="yes", typed="2")
    assert "type 3, the number of dead letters" in refused.text
    assert not Redrive.objects.exists()
    send(admin_client, refused, confirmed="yes", typed="3")
    assert Redrive.objects.get().total == 3


def act(client: Client, letters: list[DeadLetter], page: str, **said: str) -> Any:
    ids = [str(one.pk) for one in letters]
    data = {"action": "redrive_selected", "_selected_action": ids, "index": "0", **said}
    return client.post(page, data, follow=True)


def test_the_selected_and_all_that_the_filter_matches(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    letters = make_dead_letters(3)
    make_dead_letters(2, queue="bulk")
    page = act(admin_client, letters[:2], list_page(DeadLetter))
    send(admin_client, send(admin_client, page), confirmed="yes")
    assert Redrive.objects.latest("id").total == 2
    filtered = list_page(DeadLetter, queue="bulk", age="past-hour", reason="permanent")
    page = act(admin_client, letters[:1], filtered, select_across="1")
    assert "queue bulk, permanent error, died after" in page.text
    send(admin_client, send(admin_client, page), confirmed="yes")
    assert Redrive.objects.latest("id").total == 2
    for other in ({"q": str(letters[0].pk)}, {"resolution": "all"}):
        page = act(admin_client, letters[:1], list_page(DeadLetter, **other), select_across="1")
        assert "use other filters" in page.text


def test_interrupted_ones_are_asked_for(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters(unknown=True, type="tests.note_once")
    page = opened(admin_client, letter)
    assert "1 more was cut off, and nobody knows" in " ".join(page.text.split())
    assert "No, take me back" in send(admin_client, page).text
    checked = send(admin_client, page, include_interrupted="on")
    assert "what they did may be done a second time" in checked.text
    send(admin_client, checked, confirmed="yes", include_interrupted="on")
    assert Redrive.objects.get().total == 1


def decide(client: Client, redrive: Redrive, action: str, **said: str) -> Any:
    data = {"action": action, "_selected_action": str(redrive.pk), **said}
    return client.post(list_page(Redrive), data, follow=True)


def test_it_is_paused_resumed_and_cancelled_with_a_reason(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters()
    checked = send(admin_client, opened(admin_client, letter))
    send(admin_client, checked, confirmed="yes")
    redrive = Redrive.objects.get()
    for action, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        asked = decide(admin_client, redrive, f"{action}_selected")
        assert f"{action.capitalize()} 1 redrive?" in asked.text
        done = decide(admin_client, redrive, f"{action}_selected", confirmed="yes", reason="why")
        assert "1 redrive " in done.text
        redrive.refresh_from_db()
        assert (redrive.state, redrive.state_reason) == (state, "why")
    again = decide(admin_client, redrive, "pause_selected", confirmed="yes")
    assert "start another one for what is left" in again.text


def test_viewers_are_denied(make_dead_letters: MakeDeadLetters) -> None:
    [letter] = make_dead_letters()
    viewer = signed_in(make_staff("view_deadletter", "view_redrive", "view_deadlettergroup"))
    assert viewer.get(f"{reverse(START)}?fingerprint={letter.fingerprint}").status_code == 403
    assert viewer.post(reverse(START), FORM).status_code == 403
    act(viewer, [letter], list_page(DeadLetter))
    assert viewer.get(list_page(Redrive)).status_code == 200
    replayer = signed_in(make_staff("view_deadletter", "view_redrive", "replay_deadletter"))
    refused = send(replayer, opened(replayer, letter), changes='{"text": "b"}')
    assert "needs the permission jobs.change_job" in refused.text
    blind = signed_in(make_staff("view_redrive", "view_deadlettergroup", "replay_deadletter"))
    assert opened(blind, letter).status_code == 403
    seen_by_another = opened(replayer, letter)
    assert send(blind, seen_by_another, confirmed="yes").status_code == 403
    assert not Redrive.objects.exists()


def test_whoever_sees_no_dead_letters_stops_a_redrive_and_does_not_resume_it(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters()
    send(admin_client, send(admin_client, opened(admin_client, letter)), confirmed="yes")
    redrive = Redrive.objects.get()
    blind = signed_in(make_staff("view_redrive", "replay_deadletter"))
    for action in ("pause", "resume"):
        decide(blind, redrive, f"{action}_selected", confirmed="yes", reason="why")
    redrive.refresh_from_db()
    assert redrive.state == "paused"
