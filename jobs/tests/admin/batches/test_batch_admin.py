"""Batches in the admin: what is shown, and how they are cancelled."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import User
from jobs import JobRequest, batch
from jobs.models import Batch, Event, Job
from jobs.tests.admin.conftest import make_staff, signed_in
from jobs.tests.admin.pages import assert_contains_all, list_page, record_page, record_text, text_of
from jobs.tests.steps import succeed

pytestmark = pytest.mark.django_db

NOTE = JobRequest("tests.note", {"text": "a", "secret": "hunter2"})


def make(name: str = "<b>march</b>") -> Batch:
    return batch([NOTE, NOTE], name=name, on_success=NOTE).progress()


def choose(client: Client, *batches: Batch, **fields: Any) -> Any:
    ids = [str(one.pk) for one in batches]
    data = {"action": "cancel_selected", "_selected_action": ids, "index": "0"} | fields
    return client.post(list_page(Batch), data, follow=True)


def test_list_and_record_show_the_progress(admin_client: Client) -> None:
    one = make()
    job = Job.objects.filter(batch_id=one.pk).order_by("id")[0]
    succeed(job)
    text = text_of(admin_client, list_page(Batch))
    assert_contains_all(text, ["&lt;b&gt;march&lt;/b&gt;", "running"])
    record = record_text(admin_client, one)
    assert_contains_all(record, [str(job.pk), "tests.note, not yet", "Cancel…"])
    assert "hunter2" not in record
    assert str(one.pk) in record_text(admin_client, job)
    for job in Job.objects.filter(batch_id=one.pk, state="queued"):
        succeed(job)
    record = record_text(admin_client, one)
    assert "Cancel…" not in record
    assert "not yet" not in record


def test_a_cancellation_is_confirmed_with_a_reason(admin_client: Client, chief: User) -> None:
    one = make()
    asked = choose(admin_client, one)
    assert_contains_all(asked.text, ["Cancel 1 batch?", "2 of their jobs have not ended"])
    assert Batch.objects.get().cancel_requested_at is None
    done = choose(admin_client, one, confirmed="yes", reason=" wrong month ")
    assert "1 batch cancelled." in done.text
    assert Batch.objects.get().cancelled_by == chief.username
    event = Event.objects.about("batch", one.pk).get()
    assert (event.reason, event.actor_id) == ("wrong month", str(chief.pk))
    assert LogEntry.objects.count() == 1


def test_one_that_has_ended_is_left_alone(admin_client: Client) -> None:
    one = batch([]).progress()
    done = choose(admin_client, one, confirmed="yes")
    assert "there is nothing to cancel" in done.text
    assert not Event.objects.exists()


def test_it_takes_a_permission(db: None) -> None:
    one = make()
    viewer = signed_in(make_staff("view_batch"))
    assert "Cancel…" not in record_text(viewer, one)
    choose(viewer, one, confirmed="yes")
    assert Batch.objects.get().cancel_requested_at is None
    assert signed_in(make_staff("view_job")).get(record_page(one)).status_code == 403
