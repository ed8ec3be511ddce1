"""Schedules are made, changed, paused, resumed and deleted, and each time an event says so."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from jobs.core.actor import Actor
from jobs.core.errors import (
    JobsError,
    PayloadInvalid,
    ScheduleBroken,
    ScheduleDeclared,
    ScheduleInvalid,
    ScheduleNameTaken,
    UnknownJobType,
    UnknownQueue,
)
from jobs.models import Event, Job, Schedule
from jobs.models.moments import seconds_ago
from jobs.models.schedule_queryset import DECLARED_FOR_SECONDS
from jobs.services.schedules import (
    schedule_change,
    schedule_create,
    schedule_delete,
    schedule_outlook,
    schedule_pause,
    schedule_resume,
    schedule_run,
)
from jobs.sql.statements import database_now
from jobs.tests.factories import make_user
from jobs.tests.scheduling import (
    due_schedule,
    fire,
    fires_at,
    jobs_of,
    make_due,
    make_schedule,
    spec,
    stored,
)
from jobs.tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROSE = Actor("7", "rose")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def actions(schedule: Schedule) -> list[str]:
    """What was done with it, in order."""
    events = Event.objects.about("schedule", schedule.id).order_by("id")
    return [event.action for event in events]


def newest(schedule: Schedule) -> Event:
    return Event.objects.about("schedule", schedule.id)[0]


def test_a_schedule_fires_from_its_making_on() -> None:
    before = database_now()
    schedule = schedule_create(spec=spec(every_seconds=90), actor=ROSE)
    assert before + 89 * timedelta(seconds=1) < fires_at(schedule) <= before + timedelta(seconds=92)
    assert fires_at(schedule).microsecond == 0
    assert newest(schedule).actor_name == "rose"
    assert newest(schedule).after["every_seconds"] == 90


def test_an_event_does_not_tell_secrets() -> None:
    schedule = make_schedule(payload={"text": "a", "secret": "hunter2"})
    assert newest(schedule).after["payload"] == {"text": "a", "secret": "********"}


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"cron": "0 7 * *"}, "cron", "has 4 fields"),
    ({"cron": "0 0 30 2 *"}, "cron", "never fires"),
    ({"cron": "0 7 * * *", "every_seconds": 60}, "cron", "one of them"),
    ({"cron": None}, "cron", "one of them"),
    ({"every_seconds": 0.9}, "every_seconds", "for example 300"),
    ({"every_seconds": 0}, "every_seconds", "for example 300"),
    ({"every_seconds": float("nan")}, "every_seconds", "for example 300"),
    ({"every_seconds": 1e12}, "every_seconds", "366 days"),
    ({"timezone": "Berlin"}, "timezone", "Europe/Berlin"),
    ({"missed": "maybe"}, "missed", "skip, once, all"),
    ({"overlap": "maybe"}, "overlap", "allow, skip, hold"),
    ({"priority": 10}, "priority", "0 to 9"),
    ({"name": ""}, "name", "daily-report"),
    ({"name": "a\nb"}, "name", "daily-report"),
]


@pytest.mark.parametrize(("fields", "field", "said"), REFUSED)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(ScheduleInvalid) as refusal:
        make_schedule(**fields)
    assert list(refusal.value.errors) == [field]
    assert said in refusal.value.errors[field][0]
    assert not Schedule.objects.exists()


def test_a_schedule_that_never_fires_is_refused() -> None:
    now = database_now()
    for fields in (
        {"ends_at": now - HOUR},
        {"ends_at": now + HOUR, "every_seconds": 7_200},
        {"starts_at": now + 2 * HOUR, "ends_at": now + HOUR},
    ):
        with pytest.raises(ScheduleInvalid, match=r"never fires|ends before it starts"):
            make_schedule(**fields)
    with pytest.raises(ScheduleInvalid, match="at most 3660 days"):
        make_schedule(starts_at=now + 4_000 * DAY)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"type": "gone"}, UnknownJobType),
        ({"payload": {}}, PayloadInvalid),
        ({"queue": "gone"}, UnknownQueue),
    ],
)
def test_a_type_payload_or_queue_that_does_not_fit_is_refused(
    fields: dict[str, Any], error: type[JobsError]
) -> None:
    with pytest.raises(error):
        make_schedule(**fields)


def test_a_start_and_an_end_bound_the_fire_times() -> None:
    now = database_now()
    start = now.replace(microsecond=0) + DAY
    schedule = make_schedule(every_seconds=60, starts_at=start, ends_at=start + HOUR / 60)
    outlook = schedule_outlook(schedule, now)
    assert [one.moment for one in outlook.fire_times] == [start, start + HOUR / 60]
    assert fires_at(schedule) == start


def test_an_interval_keeps_the_phase_of_a_start_that_is_past() -> None:
    start = database_now().replace(microsecond=0) - 10 * DAY
    schedule = make_schedule(every_seconds=7 * 3_600, starts_at=start)
    assert (fires_at(schedule) - start) % (7 * HOUR) == timedelta(0)


def test_a_name_is_given_once() -> None:
    make_schedule(name="daily")
    with pytest.raises(ScheduleNameTaken, match="'daily' already"):
        make_schedule(name="daily")
    other = make_schedule()
    with pytest.raises(ScheduleNameTaken):
        schedule_change(schedule_id=other.id, changes={"name": "daily"})


def test_of_many_that_take_a_name_at_once_one_gets_it() -> None:
    def make() -> bool:
        try:
            make_schedule(name="daily")
        except ScheduleNameTaken:
            return False
        return True

    assert sum(at_once(*[make] * 8)) == 1


def change(schedule: Schedule, **changes: Any) -> Schedule:
    return schedule_change(schedule_id=schedule.id, changes=changes, actor=ROSE, reason="summer")


def test_a_change_says_what_was_before_and_after() -> None:
    schedule = make_schedule(every_seconds=60)
    assert change(schedule, priority=9, queue="bulk").priority == 9
    event = newest(schedule)
    assert (event.action, event.reason, event.actor_name) == ("schedule.changed", "summer", "rose")
    assert event.before == {"queue": None, "priority": None}
    assert event.after == {"queue": "bulk", "priority": 9}
    change(schedule, priority=9)
    assert actions(schedule) == ["schedule.created", "schedule.changed"]


def test_a_change_of_the_rule_counts_from_now() -> None:
    schedule = due_schedule(3_600, missed="all")
    changed = change(schedule, cron="0 0 1 1 *", timezone="Asia/Tokyo")
    assert (changed.cron, changed.every_seconds) == ("0 0 1 1 *", None)
    assert fires_at(changed) > database_now()
    assert fire() == 0
    assert change(schedule, every_seconds=5).cron == ""


def test_a_change_of_anything_else_leaves_the_fire_time_alone() -> None:
    schedule = make_schedule()
    assert fires_at(change(schedule, payload={"text": "b"})) == schedule.next_fire_at


def test_a_change_that_makes_no_sense_changes_nothing() -> None:
    schedule = make_schedule()
    senseless: list[dict[str, Any]] = [
        {"cron": "x"},
        {"payload": {}},
        {"every_seconds": None},
        {"type": "gone"},
    ]
    for changes in senseless:
        with pytest.raises(JobsError):
            change(schedule, **changes)
    assert stored(schedule).every_seconds == 60
    assert actions(schedule) == ["schedule.created"]


def test_a_change_mends_what_was_wrong() -> None:
    schedule = due_schedule()
    Schedule.objects.filter(id=schedule.id).update(type="gone")
    fire()
    assert stored(schedule).failures == 1
    # Of a type that is gone every value counts as sensitive.
    assert change(schedule, type="tests.note", payload={"text": "again"}).error == ""
    make_due(schedule)
    assert fire() == 1


def test_a_paused_schedule_does_not_fire_and_its_fire_times_are_not_missed() -> None:
    schedule = due_schedule(missed="all")
    assert schedule_pause(schedule_id=schedule.id, actor=ROSE, reason="audit").paused
    assert fire() == 0
    make_due(schedule, 3_600)
    resumed = schedule_resume(schedule_id=schedule.id, actor=ROSE)
    assert not resumed.paused
    assert fires_at(resumed) > database_now()
    assert fire() == 0
    schedule_resume(schedule_id=schedule.id)
    assert actions(schedule) == ["schedule.created", "schedule.paused", "schedule.resumed"]
    assert Event.objects.get(action="schedule.paused").reason == "audit"


def test_a_resumed_interval_keeps_its_phase() -> None:
    schedule = due_schedule(100, every_seconds=60)
    schedule_pause(schedule_id=schedule.id)
    resumed = schedule_resume(schedule_id=schedule.id)
    assert fires_at(resumed) == fires_at(schedule) + timedelta(minutes=2)


def test_a_schedule_that_is_run_makes_a_job_and_keeps_its_fire_time() -> None:
    user = make_user()
    schedule = make_schedule(paused=True, created_by_id=user.pk)
    jobs = [schedule_run(schedule_id=schedule.id, actor=ROSE) for _ in range(2)]
    assert [job.id for job in jobs_of(schedule)] == [job.id for job in jobs]
    assert jobs[0].submitted_by_id == user.pk
    assert stored(schedule).next_fire_at == schedule.next_fire_at
    assert newest(schedule).after == {"job": str(jobs[1].id)}


def test_a_schedule_that_is_broken_cannot_be_run() -> None:
    schedule = make_schedule()
    Schedule.objects.filter(id=schedule.id).update(type="gone")
    with pytest.raises(ScheduleBroken, match="'gone' any more"):
        schedule_run(schedule_id=schedule.id)


def test_the_jobs_of_a_deleted_schedule_stay() -> None:
    schedule = due_schedule()
    fire()
    schedule_delete(schedule_id=schedule.id, actor=ROSE, reason="over")
    assert not Schedule.objects.exists()
    assert Job.objects.get().schedule_id == schedule.id
    event = newest(schedule)
    assert (event.action, event.reason) == ("schedule.deleted", "over")
    assert event.before["name"] == schedule.name


def test_the_account_of_who_made_it_may_go() -> None:
    user = make_user()
    schedule = due_schedule(created_by_id=user.pk)
    user.delete()
    assert fire() == 1
    assert jobs_of(schedule)[0].submitted_by_id is None


def declared(schedule: Schedule, confirmed: float) -> Schedule:
    Schedule.objects.filter(id=schedule.id).update(
        declared_in="shop.jobs.report", declared_at=seconds_ago(confirmed)
    )
    return stored(schedule)


def test_of_what_code_declares_people_can_only_pause_resume_and_run() -> None:
    schedule = declared(make_schedule(), 30)
    for refused in (
        lambda: change(schedule, priority=9),
        lambda: schedule_delete(schedule_id=schedule.id),
    ):
        with pytest.raises(ScheduleDeclared, match=r"shop\.jobs\.report, and code wins"):
            refused()
    assert schedule_pause(schedule_id=schedule.id).paused
    assert not schedule_resume(schedule_id=schedule.id).paused
    schedule_run(schedule_id=schedule.id)


def test_what_code_no_longer_declares_may_be_taken_over_or_deleted() -> None:
    schedule = declared(make_schedule(), DECLARED_FOR_SECONDS + 1)
    taken_over = change(schedule, priority=9)
    assert (taken_over.declared_in, taken_over.declared_at) == ("", None)
    schedule_delete(schedule_id=declared(taken_over, DECLARED_FOR_SECONDS + 1).id)


def test_the_outlook_has_five_fire_times_and_says_what_is_wrong() -> None:
    now = datetime.fromisoformat("2027-03-27T00:00:00+00:00")
    schedule = make_schedule(cron="30 2 * * *", timezone="Europe/Berlin", paused=True)
    outlook = schedule_outlook(schedule, now)
    assert outlook.description == "At 02:30 every day (Europe/Berlin)."
    assert len(outlook.fire_times) == 5
    assert "does not exist" in str(outlook.fire_times[1].note)
    schedule.timezone = "Europe/Atlantis"
    assert "Europe/Atlantis" in schedule_outlook(schedule, now).error
