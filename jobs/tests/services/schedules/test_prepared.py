"""What is prepared fires once a fire time as all else does, and only if nothing has changed."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models import F

from accounts.services.users import user_delete
from jobs.broker.redis import RedisBroker
from jobs.core.limit import LimitRule
from jobs.models import Job, Limit, Schedule
from jobs.models.moments import seconds_ago
from jobs.services.limits.change import limit_set
from jobs.services.schedules import schedule_pause
from jobs.services.schedules.firing import fire_key
from jobs.services.schedules.prepared import PreparedFires
from jobs.services.workers import worker_stop
from jobs.sql.statements import database_now, fetch_rows
from jobs.tests.enqueueing import waiting
from jobs.tests.factories import make_user, make_worker
from jobs.tests.scheduling import fire, fires_at, jobs_of, make_schedule, stored
from jobs.tests.threads import elsewhere
from jobs.tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
# Long enough that a slow machine has prepared everything before.
AHEAD_SECONDS = 2.0


def bring_near(*schedules: Schedule) -> None:
    """They fire in a moment, all at once."""
    rows = Schedule.objects.filter(id__in=[one.id for one in schedules])
    rows.update(next_fire_at=seconds_ago(-AHEAD_SECONDS))
    rows.update(due_at=F("next_fire_at"))
    for one in schedules:
        one.refresh_from_db()


def prepared(*schedules: Schedule) -> PreparedFires:
    """All of them, made ready by the only worker before they are due."""
    bring_near(*schedules)
    fires = ready_of(make_worker().id)
    assert database_now() < fires_at(schedules[0])
    return fires


def ready_of(worker_id: UUID) -> PreparedFires:
    fires = PreparedFires(lambda: worker_id)
    fires.look_ahead()
    fires.prepare(100)
    return fires


def wait_for(moment: datetime) -> None:
    wait_until(lambda: database_now() >= moment)


def fired_of(fires: PreparedFires, *schedules: Schedule) -> int:
    """How many it has made, once all of these are due."""
    wait_for(max(map(fires_at, schedules)))
    return fires.fire()


def test_it_makes_the_same_job_as_a_schedule_that_is_not_prepared(
    broker: RedisBroker, caplog: pytest.LogCaptureFixture
) -> None:
    user = make_user()
    one = make_schedule(queue="bulk", priority=7, payload={"text": "a"}, created_by_id=user.pk)
    Schedule.objects.filter(id=one.id).update(failures=3, error="before")
    fires = prepared(one)
    assert fires.fire() == 0  # not due yet, and still ready
    with caplog.at_level(logging.INFO):
        assert fired_of(fires, one) == 1
    [job] = jobs_of(one)
    assert (job.type, job.queue, job.priority) == ("tests.note", "bulk", 7)
    assert job.payload["text"] == "a"
    assert (job.submitted_by_id, job.run_at) == (user.pk, one.next_fire_at)
    assert job.idempotency_key == fire_key(one, job.run_at)
    assert waiting(broker) == 1
    row = stored(one)
    assert row.last_fired_at == job.run_at
    assert fires_at(row) == row.due_at == job.run_at + MINUTE
    assert (row.failures, row.error) == (0, "")
    assert "Fired schedules: 1 jobs" in caplog.text
    assert (fires.fire(), fire()) == (0, 0)


def test_the_jobs_of_a_client_that_has_left_say_so() -> None:
    leaving = make_user()
    theirs, of_code = make_schedule(created_by_id=leaving.pk), make_schedule()
    user_delete(user=leaving)
    theirs.refresh_from_db()
    assert theirs.client_left_at is not None
    assert fired_of(prepared(theirs, of_code), theirs, of_code) == 2
    made = [one for schedule in (theirs, of_code) for one in jobs_of(schedule)]
    assert [one.client_left_at for one in made] == [theirs.client_left_at, None]


def test_what_has_just_become_due_stays_ready_when_a_worker_looks_ahead() -> None:
    """It may have looked a moment too early, by the database's clock."""
    one = make_schedule()
    fires = prepared(one)
    wait_for(fires_at(one))
    fires.look_ahead()
    assert fires.fire() == 1


def test_many_workers_with_the_same_fire_time_make_one_job() -> None:
    one = make_schedule()
    all_fires = [prepared(one)]
    all_fires += [ready_of(all_fires[0]._worker_id()) for _ in range(7)]

    def run(act: Callable[[], int]) -> int:
        try:
            return act()
        finally:
            connection.close()

    wait_for(fires_at(one))
    with ThreadPoolExecutor(12) as threads:
        acts = [fires.fire for fires in all_fires] + [fire] * 4
        assert sum(threads.map(run, acts)) == 1
    assert len(jobs_of(one)) == 1


def test_what_has_changed_since_is_left_alone_and_fires_as_it_is_now() -> None:
    """One wait for all: changed, paused, deleted, locked, and one that is as it was."""
    changed, paused, deleted, locked, same = (
        make_schedule(payload={"text": "old"}) for _ in range(5)
    )
    fires = prepared(changed, paused, deleted, locked, same)
    Schedule.objects.filter(id=changed.id).update(payload={"text": "new"})
    schedule_pause(schedule_id=paused.id)
    Schedule.objects.filter(id=deleted.id).delete()
    wait_for(fires_at(same))
    with transaction.atomic():
        Schedule.objects.select_for_update().get(id=locked.id)
        assert elsewhere(fires.fire) == 1
    assert len(jobs_of(same)) == 1
    assert fire() == 2
    assert [job.payload["text"] for job in jobs_of(changed)] == ["new"]
    assert len(jobs_of(locked)) == 1
    assert not jobs_of(paused)
    assert not jobs_of(deleted)


def test_a_limit_that_was_set_since_holds_the_job() -> None:
    one = make_schedule()
    fires = prepared(one)
    limit_set(name="queue:default", rule=LimitRule(1))
    assert fired_of(fires, one) == 0
    assert fire() == 1
    assert jobs_of(one)[0].limits == ["queue:default"]
    Limit.objects.all().delete()


def test_what_is_late_or_due_twice_is_decided_anew() -> None:
    late, twice = make_schedule(), make_schedule(every_seconds=1)
    fires = prepared(late, twice)
    wait_for(fires_at(twice) + timedelta(seconds=1))
    rows = Schedule.objects.filter(id=late.id)
    rows.update(next_fire_at=seconds_ago(10))
    rows.update(due_at=F("next_fire_at"))
    [(version,)] = fetch_rows("SELECT xmin::text FROM jobs_schedule WHERE id = %s", [late.id])
    fires._ready[late.id] = fires._ready[late.id]._replace(
        seen=fires_at(stored(late)), version=version
    )
    assert fires.fire() == 0
    assert fire() >= 2


def test_only_what_is_one_plain_job_is_prepared() -> None:
    limit_set(name="queue:bulk", rule=LimitRule(1))
    others = [
        make_schedule(overlap="skip"),
        make_schedule(overlap="hold"),
        make_schedule(queue="bulk"),
        make_schedule(type="send_welcome_email", payload=WELCOME, created_by_id=make_user().pk),
    ]
    broken = make_schedule()
    Schedule.objects.filter(id=broken.id).update(payload={"text": 5})
    assert fired_of(prepared(broken, *others), broken, *others) == 0
    assert fire() == len(others)
    assert stored(broken).failures == 1
    Limit.objects.all().delete()


WELCOME = {"email": "rose@example.com", "name": "Rose"}


def test_workers_prepare_shares_that_do_not_overlap() -> None:
    schedules = [make_schedule() for _ in range(12)]
    workers = [make_worker().id for _ in range(3)]
    bring_near(*schedules)
    shares = [set(ready_of(worker_id)._ready) for worker_id in workers]
    assert set.union(*shares) == {one.id for one in schedules}
    assert sum(map(len, shares)) == len(schedules)
    assert not Job.objects.exists()


def test_a_worker_that_has_stopped_or_counts_as_dead_prepares_nothing() -> None:
    one, dead = make_schedule(), make_worker()
    worker_stop(worker_id=dead.id)
    bring_near(one)
    assert fired_of(ready_of(dead.id), one) == 0


def test_a_worker_that_goes_on_under_a_new_row_goes_on_preparing() -> None:
    one, rows = make_schedule(), [make_worker()]
    fires = PreparedFires(lambda: rows[-1].id)
    worker_stop(worker_id=rows[-1].id)
    rows.append(make_worker())
    bring_near(one)
    fires.look_ahead()
    fires.prepare(1)
    assert fired_of(fires, one) == 1


def test_what_postgresql_refuses_is_left_to_who_finds_which_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, other = make_schedule(), make_schedule()
    fires = prepared(one, other)
    ready = fires._ready[one.id]
    fires._ready[one.id] = ready._replace(new_job=ready.new_job._replace(priority=99))
    assert fired_of(fires, one, other) == 0
    assert fire() == 2
