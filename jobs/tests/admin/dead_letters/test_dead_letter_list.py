"""The list of dead letters: what it filters and finds."""

import pytest
from django.test import Client

from accounts.models import User
from jobs.models import DeadLetter
from jobs.services.dead_letters import dead_letter_discard
from jobs.tests.admin.conftest import MakeDeadLetters
from jobs.tests.admin.pages import list_page, shown

pytestmark = pytest.mark.django_db


def test_those_that_wait_are_shown_first(
    admin_client: Client, make_dead_letters: MakeDeadLetters, chief: User
) -> None:
    [waiting, discarded] = make_dead_letters(2)
    dead_letter_discard(dead_letter_id=discarded.id, resolved_by_id=chief.pk)

    assert shown(admin_client, list_page(DeadLetter)) == {waiting.id}
    assert shown(admin_client, list_page(DeadLetter, resolution="discarded")) == {discarded.id}
    assert shown(admin_client, list_page(DeadLetter, resolution="all")) == {
        waiting.id,
        discarded.id,
    }


def test_filters(admin_client: Client, make_dead_letters: MakeDeadLetters) -> None:
    [permanent] = make_dead_letters(queue="bulk")
    [unknown] = make_dead_letters(unknown=True, type="tests.note_once")

    assert shown(admin_client, list_page(DeadLetter, reason="interrupted")) == {unknown.id}
    assert shown(admin_client, list_page(DeadLetter, reason="permanent")) == {permanent.id}
    assert shown(admin_client, list_page(DeadLetter, queue="bulk")) == {permanent.id}
    assert shown(admin_client, list_page(DeadLetter, type="tests.note_once")) == {unknown.id}


def test_search(admin_client: Client, make_dead_letters: MakeDeadLetters) -> None:
    [letter] = make_dead_letters(idempotency_key="order-7")
    make_dead_letters()

    for term in (letter.id, letter.job_id, "order-7", "tests.note:order"):
        assert shown(admin_client, list_page(DeadLetter, q=term)) == {letter.id}, term
