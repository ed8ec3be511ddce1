"""Queues in the admin: what is shown, and how they are paused and resumed."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import User
from jobs.models import Event, Queue
from jobs.services.queues import queue_pause
from jobs.tests.admin.conftest import make_staff, signed_in
from jobs.tests.admin.pages import (
    assert_contains_all,
    list_page,
    queries_of,
    record_page,
    record_text,
    shown,
    text_of,
)
from jobs.tests.factories import make_job
from jobs.tests.paused_queues import paused_queue_names

pytestmark = pytest.mark.django_db


def bulk() -> Queue:
    return Queue.objects.get(name="bulk")


def choose(client: Client, action: str, *names: str, **fields: Any) -> Any:
    data = {"action": action, "_selected_action": names, "index": "0"} | fields
    return client.post(list_page(Queue), data, follow=True)


def test_the_list_shows_what_is_in_each_queue_and_its_pause(admin_client: Client) -> None:
    for _ in range(7):
        make_job(queue="bulk")
    queue_pause(name="bulk", reason="<b>why</b>")
    text = text_of(admin_client, list_page(Queue))
    assert_contains_all(text, ["bulk", ">7<", "&lt;b&gt;why&lt;/b&gt;"])
    assert shown(admin_client, list_page(Queue, q="bul")) == {"bulk"}


def test_the_list_takes_as_many_queries_for_many_queues(admin_client: Client) -> None:
    admin_client.get(list_page(Queue))
    few = len(queries_of(admin_client, list_page(Queue)))
    Queue.objects.bulk_create(Queue(name=f"q{number}") for number in range(40))
    assert len(queries_of(admin_client, list_page(Queue))) == few


def test_a_pause_is_confirmed_with_a_reason(admin_client: Client, chief: User) -> None:
    asked = choose(admin_client, "pause_selected", "bulk", "emails")
    assert_contains_all(asked.text, ["Pause 2 queues?", ">bulk<", ">emails<"])
    assert paused_queue_names() == frozenset()

    done = choose(
        admin_client, "pause_selected", "bulk", "emails", confirmed="yes", reason=" migration "
    )

    assert "2 queues paused." in done.text
    assert paused_queue_names() == {"bulk", "emails"}
    assert bulk().paused_reason == "migration"
    assert bulk().paused_by == chief.username
    assert Event.objects.about("queue", "bulk").get().actor_id == str(chief.pk)
    assert LogEntry.objects.count() == 2


def test_the_record_offers_what_can_be_decided(admin_client: Client) -> None:
    assert_contains_all(record_text(admin_client, bulk()), ["Pause…", "pause_selected"])
    queue_pause(name="bulk")
    text = record_text(admin_client, bulk())
    assert_contains_all(text, ["Resume…", "resume_selected"])
    assert "Pause…" not in text

    choose(admin_client, "resume_selected", "bulk", confirmed="yes")

    assert paused_queue_names() == frozenset()


def test_without_the_permission_nothing_is_offered_or_done() -> None:
    client = signed_in(make_staff("view_queue"))
    assert "pause_selected" not in record_text(client, bulk())
    choose(client, "pause_selected", "bulk", confirmed="yes")
    assert paused_queue_names() == frozenset()
    assert client.get(record_page(bulk())).status_code == 200
