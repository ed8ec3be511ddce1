"""Events in the admin."""

import pytest
from django.test import Client

from jobs.core.actor import Actor
from jobs.models import Event, Job
from jobs.services.cancel import job_cancel
from jobs.services.events import event_record
from jobs.tests.admin.pages import (
    assert_contains_all,
    list_page,
    record_page,
    record_text,
    shown,
    text_of,
)
from jobs.tests.factories import make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(job: Job) -> Event:
    """Somebody has cancelled the job."""
    job_cancel(job_id=job.id, actor=Actor("7", "rose"), reason="<wrong> month")
    return Event.objects.get()


def test_the_record_says_who_did_what_and_why(viewer_client: Client, event: Event) -> None:
    job = Job.objects.get()
    text = record_text(viewer_client, event)
    assert_contains_all(text, ["rose", "cancelled", "&lt;wrong&gt; month", record_page(job)])
    assert "job.cancelled" not in text
    assert_contains_all(text, ["&quot;queued&quot;", "&quot;cancelled&quot;"])


def test_events_are_found_by_their_subject_and_their_actor(
    viewer_client: Client, event: Event
) -> None:
    job_cancel(job_id=make_job().id)
    assert shown(viewer_client, list_page(Event, q=event.subject_id)) == {event.pk}
    assert shown(viewer_client, list_page(Event, q="rose")) == {event.pk}
    assert len(shown(viewer_client, list_page(Event, subject_type="job"))) == 2
    assert shown(viewer_client, list_page(Event, subject_type="schedule")) == set()


def test_actors_and_actions_are_offered_and_filter(viewer_client: Client, event: Event) -> None:
    job_cancel(job_id=make_job().id)  # by code, which has no name
    ben = Actor("8", "ben")
    other = event_record(action="queue.paused", subject_type="queue", subject_id="x", actor=ben)
    text = text_of(viewer_client, list_page(Event))
    assert_contains_all(
        text, ["actor_name=rose", "actor_name=ben", "action=queue.paused", "queue paused"]
    )
    assert shown(viewer_client, list_page(Event, actor_name="rose")) == {event.pk}
    assert shown(viewer_client, list_page(Event, action="queue.paused")) == {other.pk}
    assert shown(viewer_client, list_page(Event, action="queue.paused", actor_name="rose")) == set()


def test_nobody_can_change_one(admin_client: Client, event: Event) -> None:
    assert admin_client.post(record_page(event), {"reason": "x"}).status_code == 403
    delete_page = record_page(event).replace("/change/", "/delete/")
    assert admin_client.post(delete_page, {"post": "yes"}).status_code == 403
