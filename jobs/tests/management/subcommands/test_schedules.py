"""`manage.py jobs schedules`."""

import pytest

from jobs.models import Schedule
from jobs.tests.management.conftest import Run
from jobs.tests.scheduling import due_schedule, fire, make_schedule

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_schedule_has_a_row(run: Run) -> None:
    make_schedule(name="hourly", cron="@hourly", timezone="Asia/Tokyo")
    make_schedule(name="paused", paused=True)
    Schedule.objects.filter(pk=due_schedule(name="broken").pk).update(type="gone")
    fire()
    broken, hourly, paused = run("schedules").out.splitlines()[1:]
    assert "Every hour at minute 0 (Asia/Tokyo)." in hourly
    assert hourly.split()[-1] == "active"
    assert paused.split()[-1] == "paused"
    assert "failing: no installed app registers the type 'gone'" in broken


def test_json_says_the_same_without_secrets(run: Run) -> None:
    make_schedule(name="daily", cron="@daily", payload={"text": "a", "secret": "hunter2"})
    [document] = run("schedules", "--json").document
    assert document["description"] == "At 00:00 every day (UTC)."
    assert len(document["next_fire_times"]) == 5
    assert document["payload"]["secret"] == "********"
    assert "links" not in document


def test_none(run: Run) -> None:
    assert run("schedules", "--json").document == []
