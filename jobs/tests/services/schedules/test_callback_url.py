"""A schedule names what is called when one of its jobs has ended, however that was made."""

import pytest
from pytest_django.fixtures import Settings

from jobs.core.request_errors import CallbackUrlRefused
from jobs.models import Job
from jobs.services.schedules import schedule_change, schedule_run
from jobs.services.schedules.prepared import PreparedFires
from jobs.tests.factories import make_worker
from jobs.tests.scheduling import due_schedule, fire, jobs_of, make_schedule, stored
from jobs.tests.steps import succeed

pytestmark = pytest.mark.django_db(transaction=True)

URL = "https://hooks.example.com/ended"


@pytest.fixture(autouse=True)
def allowed(settings: Settings) -> None:
    settings.JOBS_HTTP_ALLOWED_HOSTS = ["hooks.example.com"]


def test_jobs_that_it_fires_and_those_that_are_run_have_it() -> None:
    schedule = due_schedule(callback_url=URL)
    due_schedule()
    worker_id = make_worker().id
    prepared = PreparedFires(lambda: worker_id)
    prepared.look_ahead()
    prepared.prepare(10)
    assert prepared.fire() == 1  # without a callback; the other one is no plain insert
    assert fire() == 1
    schedule_run(schedule_id=schedule.id)
    fired, run = jobs_of(schedule)
    assert (fired.callback_url, run.callback_url) == (URL, URL)
    succeed(fired)
    assert Job.objects.get(type="http_request").payload["url"] == URL


def test_it_is_checked_as_that_of_a_job_when_it_is_given() -> None:
    with pytest.raises(CallbackUrlRefused, match="callback_url"):
        make_schedule(callback_url="https://elsewhere.example.com/")
    schedule = make_schedule(callback_url=URL)
    with pytest.raises(CallbackUrlRefused):
        schedule_change(schedule_id=schedule.id, changes={"callback_url": "no URL"})
    schedule_change(schedule_id=schedule.id, changes={"callback_url": None})
    assert stored(schedule).callback_url is None


def test_a_host_that_is_closed_later_ends_the_call_and_not_the_job(settings: Settings) -> None:
    schedule = due_schedule(callback_url=URL)
    settings.JOBS_HTTP_ALLOWED_HOSTS = []
    assert fire() == 1
    schedule_run(schedule_id=schedule.id)
    assert [one.callback_url for one in jobs_of(schedule)] == [URL, URL]
    assert stored(schedule).error == ""
