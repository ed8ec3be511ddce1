"""Above a list: its quick filter, and what narrows it, each with a way back."""

from html import unescape

import pytest
from django.test import Client

from jobs.models import DeadLetter, Job, Queue
from jobs.tests.admin.pages import assert_contains_all, list_page, text_of
from jobs.tests.factories import make_job

pytestmark = pytest.mark.django_db


def test_the_quick_filter_keeps_the_others(admin_client: Client) -> None:
    make_job()
    text = unescape(text_of(admin_client, list_page(Job, queue="bulk", state="dead")))

    assert_contains_all(
        text,
        [
            'href="?queue=bulk&state=running"',
            'href="?queue=bulk&state=dead" aria-current="true"',
            'href="?queue=bulk"',
        ],
    )


def test_each_filter_that_narrows_the_list_can_be_taken_away(admin_client: Client) -> None:
    page = list_page(Job, queue="gone", age="past-day", q="<b>")
    text = text_of(admin_client, page)

    assert text.count("chosen-filter") == 4  # the list, and three in it
    assert_contains_all(
        unescape(text),
        [
            'queue <strong>gone</strong> <a class="take-away" href="?age=past-day&q=%3Cb%3E"',
            "age <strong>past 24 hours</strong>",
            'href="?age=past-day&queue=gone" aria-label="Without the filter search"',
        ],
    )
    assert "<strong><b>" not in text


def test_dead_letters_that_wait_are_the_quick_choice(
    admin_client: Client, dead_letter: DeadLetter
) -> None:
    text = text_of(admin_client, list_page(DeadLetter))
    assert '<a class="segment" href="?" aria-current="true">waiting</a>' in text
    assert "chosen-filter" not in text
    assert "quick-filter" not in text_of(admin_client, list_page(Queue))
