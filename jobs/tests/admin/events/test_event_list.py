"""Events in the admin."""

import pytest
from django.test import Client

from jobs.core.actor import Actor
from jobs.models import Event, Job
from jobs.services.cancel import job_cancel
from jobs.tests.admin.pages import assert_contains_all, list_page, record_page, record_text, shown
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
    assert_contains_all(text, ["rose", "job.cancelled", "&lt;wrong&gt; month", record_page(job)])
    assert_contains_all(text, ["&quot;queued&quot;", "&quot;cancelled&quot;"])


def test_events_are_found_by_their_subject_and_their_actor(
    viewer_client: Client, event: Event
) -> None:
    job_cancel(job_id=make_job().id)
    assert shown(viewer_client, list_page(Event, q=event.subject_id)) == {event.pk}
    assert shown(viewer_client, list_page(Event, q="rose")) == {event.pk}
    assert len(shown(viewer_client, list_page(Event, subject_type="job"))) == 2
    assert shown(viewer_client, list_page(Event, subject_type="schedule")) == set()


def test_nobody_can_change_one(admin_client: Client, event: Event) -> None:
    assert admin_client.post(record_page(event), {"reason": "x"}).status_code == 403
    delete_page = record_page(event).replace("/change/", "/delete/")
    assert admin_client.post(delete_page, {"post": "yes"}).status_code == 403
