"""Replay and discard: confirmed, permitted, counted and logged."""

from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.test import Client

from accounts.models import User
from jobs.admin.dead_letters import confirmation
from jobs.core.states import JobState, Resolution
from jobs.models import DeadLetter, Job
from jobs.services.dead_letters import dead_letter_discard
from jobs.tests.admin.conftest import VIEW, MakeDeadLetters, make_staff, signed_in
from jobs.tests.admin.pages import list_page, record_page
from jobs.tests.locks import held_elsewhere

pytestmark = pytest.mark.django_db

ACTIONS = ["replay_selected", "discard_selected"]
DONE = {"replay_selected": Resolution.REPLAYED, "discard_selected": Resolution.DISCARDED}
PERMISSION = {"replay_selected": "replay_deadletter", "discard_selected": "discard_deadletter"}


def ask(client: Client, action: str, letters: list[DeadLetter], **fields: Any) -> Any:
    """Chooses the action in the list."""
    ids = [str(letter.id) for letter in letters]
    data = {"action": action, "_selected_action": ids, "index": "0"} | fields
    return client.post(list_page(DeadLetter), data, follow=True)


def confirm(client: Client, asked: Any, page: str = "") -> Any:
    """Sends the form of the confirmation page, as it is on the page."""
    return client.post(
        page or list_page(DeadLetter),
        {
            "action": asked.context["decision"].action,
            "_selected_action": [str(letter.pk) for letter in asked.context["subjects"]],
            "confirmed": "yes",
        },
        follow=True,
    )


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def resolutions() -> list[str]:
    return sorted(DeadLetter.objects.values_list("resolution", flat=True))


@pytest.mark.parametrize("action", ACTIONS)
def test_asked_and_confirmed(
    action: str, admin_client: Client, make_dead_letters: MakeDeadLetters, chief: User
) -> None:
    letters = make_dead_letters(3)

    asked = ask(admin_client, action, letters[:2])
    assert "2 dead letters?" in asked.text
    assert resolutions() == ["", "", ""]

    done = confirm(admin_client, asked)
    assert messages_of(done) == [f"2 dead letters {DONE[action]}."]
    for letter in letters[:2]:
        letter.refresh_from_db()
        assert letter.resolution == DONE[action]
        assert letter.resolved_by == chief
    letters[2].refresh_from_db()
    assert letters[2].resolution == ""


def test_a_replayed_job_is_queued_anew(admin_client: Client, dead_letter: DeadLetter) -> None:
    confirm(admin_client, ask(admin_client, "replay_selected", [dead_letter]))

    job = Job.objects.get(id=dead_letter.job_id)
    assert job.state == JobState.QUEUED
    assert (job.failures, job.attempt) == (0, 1)
    assert len(job.errors) == 1


def test_a_discarded_job_stays_dead(admin_client: Client, dead_letter: DeadLetter) -> None:
    confirm(admin_client, ask(admin_client, "discard_selected", [dead_letter]))

    assert Job.objects.get(id=dead_letter.job_id).state == JobState.DEAD


@pytest.mark.parametrize("action", ACTIONS)
def test_each_decision_is_logged_once_with_its_user(
    action: str, admin_client: Client, make_dead_letters: MakeDeadLetters, chief: User
) -> None:
    letters = make_dead_letters(2)

    confirm(admin_client, ask(admin_client, action, letters))

    entries = list(LogEntry.objects.all())
    assert {entry.object_id for entry in entries} == {str(letter.id) for letter in letters}
    for entry in entries:
        assert entry.user == chief
        assert entry.action_flag == CHANGE
        assert entry.get_change_message() == f"{DONE[action].capitalize()}."
    history = admin_client.get(record_page(letters[0]).replace("/change/", "/history/"))
    assert f"{DONE[action].capitalize()}." in history.text


def test_a_dead_letter_resolved_meanwhile_is_reported(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    first, second, gone = make_dead_letters(3)
    asked = ask(admin_client, "replay_selected", [first, second, gone])
    dead_letter_discard(dead_letter_id=first.id, resolved_by_id=None)
    gone.delete()

    done = confirm(admin_client, asked)

    assert messages_of(done) == [
        "1 dead letter replayed.",
        "1 dead letter was already discarded: nothing was done about it.",
        "1 dead letter was gone: nothing was done about it.",
    ]
    assert LogEntry.objects.get().object_id == str(second.id)


def test_sending_the_form_again_does_not_repeat_a_decision(
    admin_client: Client, dead_letter: DeadLetter
) -> None:
    asked = ask(admin_client, "replay_selected", [dead_letter])
    confirm(admin_client, asked)

    again = confirm(admin_client, asked)

    assert messages_of(again) == ["1 dead letter was already replayed: nothing was done about it."]
    assert LogEntry.objects.count() == 1


def test_a_decision_that_cannot_be_logged_is_not_applied(
    admin_client: Client, dead_letter: DeadLetter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no log today")

    asked = ask(admin_client, "replay_selected", [dead_letter])
    monkeypatch.setattr(
        "jobs.admin.dead_letters.dead_letter_admin.DeadLetterAdmin.log_change", refuse
    )

    with pytest.raises(RuntimeError, match="no log today"):
        confirm(admin_client, asked)

    assert resolutions() == [""]
    assert Job.objects.get(id=dead_letter.job_id).state == JobState.DEAD


@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_needs_its_own_permission(action: str, dead_letter: DeadLetter) -> None:
    allowed = signed_in(make_staff(*VIEW, PERMISSION[action]))
    [other] = set(ACTIONS) - {action}

    for page in (list_page(DeadLetter), record_page(dead_letter)):
        text = allowed.get(page).text
        assert f'value="{action}"' in text
        assert f'value="{other}"' not in text

    ask(allowed, other, [dead_letter], confirmed="yes")
    assert resolutions() == [""]
    confirm(allowed, ask(allowed, action, [dead_letter]))
    assert resolutions() == [DONE[action]]


@pytest.mark.parametrize("action", ACTIONS)
def test_the_view_permission_allows_no_decision(
    action: str, viewer_client: Client, dead_letter: DeadLetter
) -> None:
    for fields in ({}, {"confirmed": "yes"}):
        ask(viewer_client, action, [dead_letter], **fields)
        viewer_client.post(
            list_page(DeadLetter),
            {"action": action, "_selected_action": [str(dead_letter.id)], **fields},
        )

    assert resolutions() == [""]
    assert LogEntry.objects.count() == 0


@pytest.mark.parametrize("action", ACTIONS)
def test_a_get_applies_nothing(action: str, admin_client: Client, dead_letter: DeadLetter) -> None:
    query = {"action": action, "_selected_action": dead_letter.id, "confirmed": "yes", "index": 0}

    admin_client.get(list_page(DeadLetter, **query))
    admin_client.get(f"{record_page(dead_letter)}?action={action}&confirmed=yes")

    assert resolutions() == [""]


def test_a_form_from_another_site_decides_nothing(chief: User, dead_letter: DeadLetter) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(chief)

    response = ask(client, "replay_selected", [dead_letter], confirmed="yes")

    assert response.status_code == 403
    assert resolutions() == [""]


def test_the_page_of_a_dead_letter_leads_to_the_same_confirmation(
    admin_client: Client, dead_letter: DeadLetter
) -> None:
    asked = admin_client.post(
        list_page(DeadLetter),
        {"action": "replay_selected", "_selected_action": str(dead_letter.id)},
    )
    assert "Replay 1 dead letter?" in asked.text

    confirm(admin_client, asked)
    assert resolutions() == ["replayed"]


def test_the_confirmation_warns_of_effects_that_may_have_happened(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    letters = make_dead_letters(1, unknown=True, type="tests.note_once") + make_dead_letters(2)
    warning = "nobody knows"

    assert warning in ask(admin_client, "replay_selected", letters).text
    assert warning not in ask(admin_client, "replay_selected", letters[1:]).text
    assert warning not in ask(admin_client, "discard_selected", letters).text


def test_all_of_a_filtered_list_at_once_up_to_a_limit(
    admin_client: Client, make_dead_letters: MakeDeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmation, "APPLIED_AT_ONCE", 3)
    others = make_dead_letters(1)
    wanted = make_dead_letters(4, queue="bulk")
    page = list_page(DeadLetter, queue="bulk")
    data = {
        "action": "replay_selected",
        "_selected_action": [str(wanted[0].id)],
        "select_across": "1",
        "index": "0",
    }

    asked = admin_client.post(page, data)
    assert "the newest 3 of the selection" in asked.text
    confirm(admin_client, asked, page)

    waiting = DeadLetter.objects.waiting()
    assert {letter.id for letter in waiting} == {others[0].id, wanted[3].id}


def test_nothing_selected(admin_client: Client, dead_letter: DeadLetter) -> None:
    done = ask(admin_client, "replay_selected", [])

    assert "Items must be selected" in messages_of(done)[0]


def test_a_letter_whose_job_is_not_dead_does_not_hold_up_the_others(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    broken, sound = letters = make_dead_letters(2)
    Job.objects.filter(id=broken.job_id).update(state=JobState.QUEUED, finished_at=None)
    answer = confirm(admin_client, ask(admin_client, "replay_selected", letters))
    assert messages_of(answer) == [
        "1 dead letter replayed.",
        "1 dead letter was kept, because its job is queued: nothing was done about it.",
    ]
    sound.refresh_from_db()
    assert sound.resolution == Resolution.REPLAYED


@pytest.mark.django_db(transaction=True)
def test_one_that_another_change_holds_spoils_no_other(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    letters = make_dead_letters(3)
    asked = ask(admin_client, "discard_selected", letters)
    held = DeadLetter.objects.filter(id=letters[1].id)
    with held_elsewhere(lambda: held.select_for_update().get()):
        done = confirm(admin_client, asked)
    assert messages_of(done) == [
        "2 dead letters discarded.",
        "1 dead letter was held by another change at this moment: nothing was done about it.",
    ]
    assert resolutions() == ["", Resolution.DISCARDED, Resolution.DISCARDED]
