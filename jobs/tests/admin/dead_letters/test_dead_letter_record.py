"""The page of one dead letter: everything staff need to decide."""

import pytest
from django.test import Client

from jobs.models import DeadLetter, Worker
from jobs.services.dead_letters import dead_letter_replay
from jobs.tests.admin.conftest import VIEW, MakeDeadLetters, make_staff, signed_in
from jobs.tests.admin.pages import assert_contains_all, record_page, record_text, text_of
from jobs.tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_a_dead_letter_shows_all_there_is_to_know(
    admin_client: Client, make_dead_letters: MakeDeadLetters, worker: Worker
) -> None:
    client = make_user(username="shop-backend")
    [letter] = make_dead_letters(submitted_by_id=client.pk, payload={"text": "grüß dich"})

    text = record_text(admin_client, letter)

    assert_contains_all(
        text,
        [
            "shop-backend",
            "grüß dich",
            "permanent error",
            "Attempt 1",
            worker.name,
            "Traceback (most recent call last)",
            "_call_that_fails",
            "PermanentError: no such mailbox",
            record_page(letter.job),
            "waiting for a person",
        ],
    )


def test_of_an_unregistered_type_only_names_are_shown(
    admin_client: Client, dead_letter: DeadLetter
) -> None:
    DeadLetter.objects.filter(id=dead_letter.id).update(type="gone.type")
    dead_letter.refresh_from_db()

    text = record_text(admin_client, dead_letter)

    assert "&quot;text&quot;: &quot;********&quot;" in text


def test_a_resolved_dead_letter_says_by_whom(admin_client: Client, dead_letter: DeadLetter) -> None:
    ann = make_user(username="ann-of-operations")
    dead_letter_replay(dead_letter_id=dead_letter.id, resolved_by_id=ann.pk)

    text = record_text(admin_client, dead_letter)

    assert_contains_all(text, ["replayed", "ann-of-operations"])
    assert "Replay…" not in text


def test_tracebacks_take_a_permission(dead_letter: DeadLetter) -> None:
    pages = [record_page(dead_letter), record_page(dead_letter.job)]
    for codenames, is_shown in ((VIEW, False), ((*VIEW, "view_traceback"), True)):
        client = signed_in(make_staff(*codenames))
        texts = [text_of(client, page) for page in pages]
        assert [("Traceback" in text) for text in texts] == [is_shown] * 2
        assert all("no such mailbox" in text for text in texts)
