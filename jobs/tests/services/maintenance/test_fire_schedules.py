"""Each fire time makes exactly one job: whatever workers, clocks, Redis and other schedules do."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from jobs.broker.redis import RedisBroker
from jobs.core import ids
from jobs.core.errors import RecipientsLimitReached
from jobs.core.finished import Finished
from jobs.core.new_job import NewJob
from jobs.core.outcome import Succeeded
from jobs.core.states import JobState
from jobs.models import Event, Job, MailAllowance, Schedule, Worker
from jobs.models.moments import seconds_ago
from jobs.models.schedule_queryset import DECLARED_FOR_SECONDS
from jobs.services.attempts import jobs_record
from jobs.services.enqueue import resolve
from jobs.services.enqueue.request import JobRequest
from jobs.services.maintenance import fire_schedules
from jobs.services.maintenance.fire_schedules import FireRound, jobs_fire_schedules
from jobs.services.schedules import firing, schedule_run
from jobs.services.schedules.firing import fire_key
from jobs.tests.enqueueing import waiting
from jobs.tests.factories import make_user, make_worker
from jobs.tests.scheduling import (
    due_schedule,
    fire,
    fires_at,
    jobs_of,
    look_again,
    make_due,
    make_schedule,
    stored,
)
from jobs.tests.sessions import end_session
from jobs.tests.steps import claim_one, fail, succeed
from jobs.tests.threads import at_once, elsewhere
from jobs.tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


def test_a_fire_time_makes_one_job_as_the_schedule_says(broker: RedisBroker) -> None:
    user = make_user()
    schedule = due_schedule(
        5, queue="bulk", priority=7, payload={"text": "a"}, created_by_id=user.pk
    )
    assert fire() == 1
    [job] = jobs_of(schedule)
    assert (job.type, job.queue, job.priority) == ("tests.note", "bulk", 7)
    assert job.payload["text"] == "a"
    assert job.submitted_by_id == user.pk
    assert job.run_at == fires_at(schedule)
    assert job.idempotency_key == fire_key(schedule, job.run_at)
    assert job.state == JobState.QUEUED
    assert waiting(broker) == 1
    row = stored(schedule)
    assert row.last_fired_at == job.run_at
    assert fires_at(row) == row.due_at == job.run_at + MINUTE
    succeed(job)


def test_what_is_not_due_does_not_fire() -> None:
    later, paused, ended = make_schedule(), due_schedule(), due_schedule()
    Schedule.objects.filter(id=paused.id).update(paused=True)
    Schedule.objects.filter(id=ended.id).update(next_fire_at=None, due_at=None)
    done = jobs_fire_schedules()
    assert (done.count, done.next_seconds) == (0, pytest.approx(60, abs=5))
    Schedule.objects.filter(id=later.id).delete()
    assert jobs_fire_schedules() == FireRound(next_seconds=None)
    assert not Job.objects.exists()


def test_twenty_workers_make_one_job_a_fire_time() -> None:
    schedules = [due_schedule() for _ in range(30)]
    counts = at_once(*[fire] * 20)
    assert sum(counts) == 30
    assert [len(jobs_of(one)) for one in schedules] == [1] * 30
    assert fire() == 0


def test_twenty_workers_over_many_fire_times() -> None:
    schedule = due_schedule()
    seen = set()
    for _ in range(5):
        seen.add(make_due(schedule))
        assert sum(at_once(*[fire] * 20)) == 1
    assert {job.run_at for job in jobs_of(schedule)} == seen


@contextmanager
def frozen_firer() -> Iterator[int]:
    """A worker that has fired what is due, and is frozen before its commit."""
    frozen = connection.copy()
    with patch.object(fire_schedules, "dispatch_after_commit"), transaction.atomic():
        assert fire() > 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            yield cursor.fetchone()[0]
        transaction.set_rollback(True)
    frozen.close()


def test_a_frozen_worker_holds_up_only_what_it_holds_and_that_not_for_long() -> None:
    held = due_schedule()
    with frozen_firer() as pid:
        free = elsewhere(due_schedule)
        assert elsewhere(fire) == 1
        assert [len(elsewhere(partial(jobs_of, one))) for one in (held, free)] == [0, 1]
        end_session(pid)  # as PostgreSQL does to a session that is idle in its transaction
        assert elsewhere(fire) == 1
        connection.close()
    assert len(jobs_of(held)) == 1


def test_a_worker_that_fires_is_ended_when_it_says_nothing() -> None:
    due_schedule()
    looks = patch.object(fire_schedules, "move_of", side_effect=idle_limit)
    with looks, pytest.raises(LookupError, match="3s"):
        jobs_fire_schedules()


def idle_limit(*_: Any, **__: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        raise LookupError(cursor.fetchone()[0])


def test_a_serializer_that_ends_the_program_stops_no_other_schedule() -> None:
    one, other = due_schedule(), due_schedule()
    make: Callable[..., NewJob] = vars(firing)["new_job"]

    def end_or_make(request: JobRequest, *others: Any) -> NewJob:
        if request.idempotency_key is not None and str(one.id) in request.idempotency_key:
            raise SystemExit("enough")
        return make(request, *others)

    with patch.object(firing, "new_job", end_or_make):
        assert fire() == 1
    assert len(jobs_of(other)) == 1
    assert stored(one).error == "SystemExit: enough"


def test_who_comes_late_with_what_it_has_seen_changes_nothing() -> None:
    schedule = due_schedule()
    seen = stored(schedule)
    move = firing.move_of(seen, now=fires_at(seen) + MINUTE / 2, is_busy=False)
    assert fire() == 1
    after = stored(schedule)
    assert Schedule.objects.fire([move]) == []
    assert fires_at(stored(schedule)) == fires_at(after)
    assert len(jobs_of(schedule)) == 1


def test_a_fire_time_that_comes_again_makes_no_second_job() -> None:
    """Somebody has set the schedule back, or restored it from a backup."""
    schedule = due_schedule()
    assert fire() == 1
    Schedule.objects.filter(id=schedule.id).update(
        next_fire_at=fires_at(schedule), due_at=fires_at(schedule)
    )
    assert fire() == 0
    assert len(jobs_of(schedule)) == 1
    assert fires_at(stored(schedule)) > fires_at(schedule)


def test_redis_may_be_away(redis_away: None) -> None:
    schedule = due_schedule()
    assert fire() == 1
    assert len(jobs_of(schedule)) == 1


@pytest.mark.parametrize("minutes", [-10, 10])
def test_the_clock_of_the_worker_does_not_matter(
    minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time_ns
    monkeypatch.setattr(ids, "_last_tick", ids._last_tick)  # ids of other tests go on from there
    monkeypatch.setattr(time, "time_ns", lambda: real() + minutes * 60 * 10**9)
    due, later = due_schedule(), make_schedule()
    assert fire() == 1
    assert (len(jobs_of(due)), len(jobs_of(later))) == (1, 0)
    assert fires_at(stored(due)) == jobs_of(due)[0].run_at + MINUTE


def test_a_transaction_that_fails_has_fired_nothing(broker: RedisBroker) -> None:
    schedule = due_schedule()
    lost = patch.object(fire_schedules, "dispatch_after_commit", side_effect=DatabaseError)
    with lost, pytest.raises(DatabaseError):
        jobs_fire_schedules()
    assert fires_at(stored(schedule)) == fires_at(schedule)
    assert not Job.objects.exists()
    assert fire() == 1


def test_jobs_under_a_limit_are_held_and_admitted_in_turn(broker: RedisBroker) -> None:
    for _ in range(3):
        due_schedule(type="tests.note_limited")
    assert fire() == 3
    assert waiting(broker) == 1
    assert Job.objects.filter(held_by__isnull=False).count() == 2
    [admitted] = Job.objects.filter(held_by__isnull=True)
    succeed(admitted)
    assert Job.objects.queued().filter(held_by__isnull=True).count() == 1


def mailing_schedule(client_id: int, recipients: int) -> Schedule:
    to = [f"user{number}@example.com" for number in range(recipients)]
    payload = {"to": to, "subject": "Hello", "text": "Hi"}
    return due_schedule(type="send_email", payload=payload, created_by_id=client_id)


def test_mails_count_for_the_client_of_the_schedule(settings: Settings) -> None:
    settings.JOBS_EMAIL_RECIPIENTS_PER_DAY = settings.JOBS_EMAIL_RECIPIENTS_MAX = 5
    client = make_user()
    first = mailing_schedule(client.pk, 3)
    assert fire() == 1
    second, sound = mailing_schedule(client.pk, 3), due_schedule()
    assert fire() == 1
    assert (len(jobs_of(first)), len(jobs_of(second)), len(jobs_of(sound))) == (1, 0, 1)
    assert "5 recipients a day" in stored(second).error
    with pytest.raises(RecipientsLimitReached):
        schedule_run(schedule_id=second.id)
    assert mailing_schedule(make_user().pk, 3)
    assert fire() == 1


def test_an_allowance_that_another_holds_holds_up_no_other_schedule() -> None:
    client = make_user()
    mailing, sound = mailing_schedule(client.pk, 1), due_schedule()
    with transaction.atomic():
        MailAllowance.objects.locked({client.pk})
        assert elsewhere(fire) == 1
    assert len(jobs_of(sound)) == 1
    assert stored(mailing).failures == 0
    assert fire() == 1


# Missed runs.


@pytest.mark.parametrize(
    ("missed", "count"), [("skip", 0), ("once", 1), ("all", 5)], ids=["skip", "once", "all"]
)
def test_after_an_outage(missed: str, count: int, settings: Settings) -> None:
    settings.JOBS_FIRE_GRACE_SECONDS = 10
    schedule = due_schedule(4 * 60 + 30, missed=missed)
    assert fire() == count
    fire_times = [job.run_at for job in jobs_of(schedule)]
    first = fires_at(schedule)
    wanted = [first + number * MINUTE for number in range(5)]
    assert fire_times == wanted[len(wanted) - count :]
    assert fires_at(stored(schedule)) == first + 5 * MINUTE


def test_all_missed_runs_are_capped(settings: Settings) -> None:
    settings.JOBS_MISSED_RUNS_MAX = 7
    schedule = due_schedule(90 * 60, missed="all")
    assert fire() == 7
    assert jobs_of(schedule)[-1].run_at == fires_at(schedule) + 90 * MINUTE


def test_a_year_of_missed_runs_costs_no_more_than_an_hour() -> None:
    schedule = due_schedule(365 * 86_400, cron="* * * * *", missed="all")
    Schedule.objects.filter(id=schedule.id).update(missed="once")
    assert fire() == 1


# Overlap.


@pytest.mark.parametrize("overlap", ["allow", "skip", "hold"])
def test_while_the_last_job_is_not_final(overlap: str) -> None:
    schedule = due_schedule(overlap=overlap)
    fire()
    [first] = jobs_of(schedule)
    claim = claim_one(first)  # it runs
    fire_at = make_due(schedule)
    assert fire() == (1 if overlap == "allow" else 0)
    row = stored(schedule)
    assert (row.held_since is not None) == (overlap == "hold")
    assert (fires_at(row) == fire_at) == (overlap == "hold")
    jobs_record(finished=[Finished(claim, Succeeded())])
    look_again(schedule) if overlap == "hold" else make_due(schedule)
    assert fire() == 1
    assert stored(schedule).held_since is None


def test_what_is_held_waits_for_the_job_however_long_that_takes() -> None:
    schedule = due_schedule(overlap="hold", missed="skip")
    fire()
    [first] = jobs_of(schedule)
    make_due(schedule)
    fire()
    row = stored(schedule)
    assert row.due_at
    assert row.due_at > fires_at(row)
    make_due(schedule, 3_600)
    assert fire() == 0  # it is queued still
    succeed(first)
    look_again(schedule)
    assert fire() == 1
    latest = jobs_of(schedule)[-1].run_at
    assert latest > seconds_before_now(61)


def seconds_before_now(seconds: float) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now() - %s * interval '1 second'", [seconds])
        return cursor.fetchone()[0]


def test_a_retry_is_not_final() -> None:
    schedule = due_schedule(overlap="skip")
    fire()
    fail(jobs_of(schedule)[0])
    make_due(schedule)
    assert fire() == 0


# What is wrong with one is no matter to the others.

BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"type": "gone"}, "no installed app registers the type 'gone' any more"),
    ({"payload": {}}, "the payload does not fit its type any more"),
    ({"queue": "gone"}, "unknown queue 'gone'"),
]


@pytest.mark.parametrize(("change", "said"), BROKEN)
def test_what_makes_no_job_any_more_says_so_and_stops_no_other(
    change: dict[str, Any], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = due_schedule(10), due_schedule()
    Schedule.objects.filter(id=broken.id).update(**change)
    with caplog.at_level(logging.WARNING):
        assert fire() == 1
    assert len(jobs_of(sound)) == 1
    row = stored(broken)
    assert row.failures == 1
    assert said in row.error
    assert fires_at(row) == fires_at(broken) + MINUTE
    [record] = caplog.records
    assert (record.event, record.schedule) == ("schedule.failed", broken.name)  # type: ignore[attr-defined]
    make_due(broken)
    fire()
    assert stored(broken).failures == 2


def test_what_is_well_again_forgets_its_failures() -> None:
    schedule = due_schedule()
    Schedule.objects.filter(id=schedule.id).update(type="gone")
    fire()
    Schedule.objects.filter(id=schedule.id).update(type="tests.note")
    make_due(schedule)
    assert fire() == 1
    assert (stored(schedule).failures, stored(schedule).error) == (0, "")


def test_a_rule_that_is_not_understood_any_more_is_looked_at_again_in_a_minute() -> None:
    broken, sound = due_schedule(10, cron="0 7 * * *"), due_schedule()
    Schedule.objects.filter(id=broken.id).update(timezone="Europe/Atlantis")
    assert fire() == 1
    row = stored(broken)
    assert fires_at(row) == fires_at(broken)
    assert row.due_at
    assert row.due_at > seconds_before_now(-50)
    assert "Unknown time zone 'Europe/Atlantis'" in row.error
    Schedule.objects.filter(id=broken.id).update(timezone="Europe/Berlin")
    look_again(broken)
    assert fire() == 1
    assert jobs_of(sound)


def test_an_error_of_any_kind_is_counted() -> None:
    broken, sound = due_schedule(10, type="tests.note_by_text"), due_schedule()
    with patch.object(
        firing, "new_job", side_effect=[ZeroDivisionError("by zero"), *[_new(sound)]]
    ):
        assert fire() == 1
    assert stored(broken).error == "ZeroDivisionError: by zero"


def _new(schedule: Schedule) -> Any:
    return firing._new_job(schedule, fires_at(schedule))


def test_what_postgresql_refuses_is_found_and_counted() -> None:
    """The account of one is gone, behind the back of the ORM."""
    broken, sound = due_schedule(10, created_by_id=make_user().pk), due_schedule()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE jobs_schedule DISABLE TRIGGER ALL")
        cursor.execute("UPDATE jobs_schedule SET created_by_id = 0 WHERE id = %s", [broken.id])
        cursor.execute("ALTER TABLE jobs_schedule ENABLE TRIGGER ALL")
    try:
        assert fire() == 1
        assert (len(jobs_of(broken)), len(jobs_of(sound))) == (0, 1)
        assert stored(broken).failures == 1
        assert "IntegrityError" in stored(broken).error
    finally:
        Schedule.objects.filter(id=broken.id).update(created_by=None)


def new_job_after(query: str, broken: Schedule) -> Any:
    """Stands in for a serializer that asks the database something before it says yes."""

    def new_job(request: Any, *arguments: Any) -> Any:
        if str(broken.id) in request.idempotency_key:
            with connection.cursor() as cursor:
                cursor.execute(query)
        return resolve.new_job(request, *arguments)

    return patch.object(firing, "new_job", new_job)


def test_a_query_of_a_serializer_that_fails_stops_no_other() -> None:
    broken, sound = due_schedule(10), due_schedule()
    with new_job_after("SELECT 1 / 0", broken):
        assert fire() == 1
    assert (len(jobs_of(broken)), len(jobs_of(sound))) == (0, 1)
    assert stored(broken).failures == 1
    assert "division by zero" in stored(broken).error
    look_again(broken)
    assert fire() == 1


def test_a_serializer_that_takes_longer_than_a_session_may_be_silent_stops_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken, sound = due_schedule(10), due_schedule()
    monkeypatch.setattr(fire_schedules, "FIRE_IDLE_SECONDS", 0.1)

    def new_job(request: Any, *arguments: Any) -> Any:
        if str(broken.id) in request.idempotency_key:
            pid = connection.connection.info.backend_pid
            wait_until(lambda: not elsewhere(lambda: is_alive(pid)))
        return resolve.new_job(request, *arguments)

    with patch.object(firing, "new_job", new_job):
        assert fire() == 1
    assert len(jobs_of(sound)) == 1
    assert stored(broken).failures == 1
    assert "idle-in-transaction timeout" in stored(broken).error


def is_alive(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [pid])
        return bool(cursor.fetchone()[0])


def other_worker(*types: str) -> Worker:
    worker = make_worker()
    Worker.objects.filter(id=worker.id).update(types=list(types))
    return worker


def test_a_type_that_only_other_workers_know_is_left_to_them() -> None:
    theirs, sound = due_schedule(10), due_schedule()
    Schedule.objects.filter(id=theirs.id).update(type="of.another.release")
    worker = other_worker("of.another.release")
    assert fire() == 1
    assert len(jobs_of(sound)) == 1
    assert stored(theirs).failures == 0
    assert jobs_fire_schedules().next_seconds == pytest.approx(0.25)
    Worker.objects.filter(id=worker.id).update(stopped_at=Now())
    fire()
    assert stored(theirs).failures == 1


def test_what_code_no_longer_declares_does_not_fire() -> None:
    orphan = due_schedule()
    rows = Schedule.objects.filter(id=orphan.id)
    rows.update(declared_in="shop.jobs.report", declared_at=seconds_ago(DECLARED_FOR_SECONDS + 1))
    assert fire() == 0
    rows.update(declared_at=seconds_ago(DECLARED_FOR_SECONDS - 60))
    assert fire() == 1


def test_many_at_the_same_moment_fire_in_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fire_schedules, "FIRE_LIMIT", 4)
    for _ in range(10):
        due_schedule()
    assert [jobs_fire_schedules().count for _ in range(4)] == [4, 4, 2, 0]
    assert not Event.objects.exclude(action="schedule.created").exists()


@pytest.mark.parametrize(("hours", "count"), [(-1, 1), (1, 0)], ids=["earlier", "later"])
def test_an_update_of_the_tz_database_moves_a_fire_time(hours: int, count: int) -> None:
    """What is stored was computed with the old rules of a zone: it is no fire time any more."""
    schedule = due_schedule(cron="0 7 * * *")
    now = seconds_before_now(0)
    moved = now + timedelta(hours=hours)
    Schedule.objects.filter(id=schedule.id).update(
        cron=f"{moved.minute} {moved.hour} * * *", last_fired_at=now - timedelta(hours=23)
    )
    assert fire() == count
    wanted = moved.replace(second=0, microsecond=0)
    assert fires_at(stored(schedule)) == wanted + timedelta(days=count)
    assert [job.run_at for job in jobs_of(schedule)] == [wanted] * count
