"""The verifier finds every promise that is broken, and calls nothing broken that is in order."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from pytest_django.fixtures import Settings

from jobs.broker import get_broker
from jobs.broker.base import Broker
from jobs.broker.inspection import SLICE
from jobs.broker.redis import RedisBroker
from jobs.core.ids import uuid7
from jobs.core.message import QueueMessage
from jobs.core.outcome import Failed, Succeeded
from jobs.core.states import JobState
from jobs.management.commands import verify_jobs
from jobs.models import DeadLetter, Job, ProcessedKey, Worker
from jobs.models.moments import seconds_ago
from jobs.services.cancel import job_cancel
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.maintenance import repair
from jobs.services.maintenance.repair import jobs_repair
from jobs.services.verification.check import Check
from jobs.services.verification.database import database_checks
from jobs.services.verification.redis import redis_checks
from jobs.services.verification.report import jobs_verify
from jobs.services.workers import worker_heartbeat
from jobs.sql.statements import statement
from jobs.tests.factories import make_job, make_worker
from jobs.tests.memory_broker import MemoryBroker
from jobs.tests.steps import (
    HOUR_SECONDS,
    claim_one,
    die,
    dispatched_ago,
    error,
    fail,
    interrupt,
    record,
    silence,
    start_one,
    stored,
    succeed,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick_reconciler(settings: Settings) -> None:
    """What is unknown to Redis is given no long time to be rung."""
    settings.JOBS_REDISPATCH_SECONDS = settings.JOBS_REDISPATCH_MARGIN_SECONDS = 0.1


def found(checks: list[Check]) -> dict[str, int]:
    """The violations, by the name of the check."""
    return {check.name: check.violations for check in checks if check.violations}


def change(job: Any, **values: Any) -> None:
    """Writes past the services, as no part of the product does."""
    Job.objects.filter(id=job.id).update(**values)


def skip(job: Job) -> Job:
    """A second job for the key of one that has succeeded."""
    second = make_job(type=job.type, payload=job.payload)
    assert jobs_resolve_key_conflicts(job_ids=[second.id]) == 1
    return stored(second)


def by_text(text: str = "ann") -> Job:
    """A job whose key others can share."""
    return make_job(type="tests.note_by_text", payload={"text": text})


def make_one_of_each() -> None:
    """Jobs in every state that a healthy database holds."""
    make_job()
    make_job(delay_seconds=HOUR_SECONDS)
    claim_one(make_job())
    start_one(make_job(type="tests.note_once"))
    fail(make_job())
    record(claim_one(make_job()), Failed(error()))
    owner = by_text()
    succeed(owner)
    skip(owner)
    job_cancel(job_id=make_job().id)
    die(make_job())
    interrupt(make_job(type="tests.note_once"))
    dead_letter_discard(dead_letter_id=die(make_job()).id, resolved_by_id=None)
    dead_letter_replay(dead_letter_id=die(make_job()).id, resolved_by_id=None)
    claim, _ = interrupt(make_job(type="tests.note_once"))
    record(claim, Succeeded())
    replayed = make_job()
    dead_letter_replay(dead_letter_id=die(replayed).id, resolved_by_id=None)
    die(replayed)


def test_a_healthy_database_with_jobs_in_every_state_is_clean() -> None:
    make_one_of_each()
    assert set(Job.objects.values_list("state", flat=True)) == set(JobState.values)
    report = jobs_verify()
    assert found(report.checks) == {}
    assert all(check.rows > 0 for check in report.checks), report


def test_an_empty_database_is_clean() -> None:
    assert jobs_verify().is_clean


def queued_in_the_hands_of_a_worker() -> None:
    change(make_job(), worker_id=uuid7())


def queued_beyond_its_retries() -> None:
    change(make_job(max_retries=1), failures=2)


def succeeded_without_an_attempt() -> None:
    job = make_job()
    succeed(job)
    change(job, attempt=0)


def errors_of_attempts_that_never_were() -> None:
    change(make_job(), errors=[{"attempt": 1}])


def skipped_for_itself() -> None:
    owner = by_text()
    succeed(owner)
    second = skip(owner)
    change(second, done_by_id=second.id)
    ProcessedKey.objects.filter(key=owner.effect_key).update(job_id=second.id)
    ProcessedKey.objects.all().delete()


def running_for_a_key_of_another() -> None:
    job = by_text()
    claim_one(job)
    ProcessedKey.objects.filter(key=job.effect_key).update(job_id=uuid7())


def two_successes_for_one_key() -> None:
    first, second = by_text(), by_text()
    succeed(first)
    change(second, state=JobState.SUCCEEDED, attempt=1, finished_at=seconds_ago(0))


def running_without_a_live_worker() -> None:
    worker = make_worker()
    claim = claim_one(make_job(), worker)
    change(claim, claimed_at=seconds_ago(HOUR_SECONDS))
    silence(worker)


def running_for_nobody() -> None:
    claim = claim_one(make_job())
    change(claim, claimed_at=seconds_ago(HOUR_SECONDS))
    Worker.objects.all().delete()


def success_without_its_key() -> None:
    succeed(make_job())
    ProcessedKey.objects.all().delete()


def success_with_the_key_of_another() -> None:
    succeed(make_job())
    ProcessedKey.objects.update(job_id=uuid7())


def success_with_an_unprocessed_key() -> None:
    succeed(make_job())
    ProcessedKey.objects.update(processed_at=None)


def processed_without_success() -> None:
    claim_one(by_text())
    ProcessedKey.objects.update(processed_at=seconds_ago(0))


def skipped_for_what_was_not_done() -> None:
    owner = by_text()
    succeed(owner)
    skip(owner)
    change(owner, state=JobState.CANCELLED)
    ProcessedKey.objects.all().delete()


def skipped_for_who_does_not_own_the_key() -> None:
    owner, other = by_text(), make_job()
    succeed(owner)
    succeed(other)
    change(skip(owner), done_by_id=other.id)


def dead_without_a_letter() -> None:
    die(make_job()).delete()


def dead_with_the_letter_of_another_attempt() -> None:
    letter = die(make_job())
    change(letter.job, attempt=7)


def dead_with_a_letter_that_was_replayed() -> None:
    letter = die(make_job())
    DeadLetter.objects.filter(id=letter.id).update(
        resolution="replayed", resolved_at=seconds_ago(0)
    )


def a_letter_waits_for_what_is_not_dead() -> None:
    letter = die(make_job())
    change(letter.job, state=JobState.CANCELLED)


def a_letter_with_another_payload() -> None:
    die(make_job())
    DeadLetter.objects.update(payload={"text": "other"})


def a_letter_without_its_attempts() -> None:
    die(make_job())
    DeadLetter.objects.update(attempts=[])


def a_settled_letter_without_success() -> None:
    letter = die(make_job())
    DeadLetter.objects.update(resolution="settled", resolved_at=seconds_ago(0))
    assert letter.job.state == JobState.DEAD


def unknown_to_redis() -> None:
    job = make_job()
    change(job, run_at=seconds_ago(HOUR_SECONDS))
    dispatched_ago(job, HOUR_SECONDS)
    get_broker().forget_everything()


def marked_as_done_but_queued() -> None:
    job = make_job()
    get_broker().mark_done([(job.effect_key, job.id)])


def marked_as_done_by_another() -> None:
    job = make_job()
    succeed(job)
    get_broker().mark_done([(job.effect_key, uuid7())])


@pytest.mark.parametrize(
    ("check", "corrupt"),
    [
        ("job_states", queued_in_the_hands_of_a_worker),
        ("job_states", queued_beyond_its_retries),
        ("job_states", succeeded_without_an_attempt),
        ("job_states", errors_of_attempts_that_never_were),
        ("job_states", skipped_for_itself),
        ("key_owners", running_for_a_key_of_another),
        ("key_owners", two_successes_for_one_key),
        ("running", running_without_a_live_worker),
        ("running", running_for_nobody),
        ("succeeded", success_without_its_key),
        ("succeeded", success_with_the_key_of_another),
        ("succeeded", success_with_an_unprocessed_key),
        ("processed_keys", processed_without_success),
        ("skipped", skipped_for_what_was_not_done),
        ("skipped", skipped_for_who_does_not_own_the_key),
        ("dead", dead_without_a_letter),
        ("dead", dead_with_the_letter_of_another_attempt),
        ("dead", dead_with_a_letter_that_was_replayed),
        ("dead_letters", a_letter_waits_for_what_is_not_dead),
        ("dead_letters", a_letter_with_another_payload),
        ("dead_letters", a_letter_without_its_attempts),
        ("dead_letters", a_settled_letter_without_success),
        ("dispatches", unknown_to_redis),
        ("done_cache_marks", marked_as_done_but_queued),
        ("done_cache_marks", marked_as_done_by_another),
    ],
)
def test_what_is_broken_is_found(
    check: str, corrupt: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The servers of the tests are young, and nobody is silent before they have started.
    monkeypatch.setattr("jobs.services.verification.database.TOLERANCE_SECONDS", 0.0)
    monkeypatch.setattr(
        "jobs.services.verification.check.statement", without_the_start_of_the_server
    )
    corrupt()
    [violation] = [one for one in jobs_verify().checks if one.name == check and one.violations]
    assert len(violation.examples) == violation.violations == 1


def without_the_start_of_the_server(name: str) -> str:
    return statement(name).replace("pg_postmaster_start_time()", "'-infinity'")


def test_keys_may_be_gone_after_their_retention(settings: Settings) -> None:
    owner = by_text()
    succeed(owner)
    skip(owner)
    ProcessedKey.objects.all().delete()
    assert set(found(database_checks())) == {"succeeded", "skipped"}
    change(owner, finished_at=seconds_ago((settings.JOBS_KEY_RETENTION_DAYS + 1) * 86_400))
    assert found(database_checks()) == {}


def test_what_is_late_behind_the_next_one_out_is_not_lost(broker: RedisBroker) -> None:
    lost, waiting = make_job(), make_job()
    broker.forget_everything()
    broker.dispatch([QueueMessage(waiting.id, waiting.effect_key, waiting.queue, waiting.priority)])
    for job in (lost, waiting):
        change(job, run_at=seconds_ago(HOUR_SECONDS))
        dispatched_ago(job, HOUR_SECONDS)
    assert found(redis_checks()) == {}
    change(lost, run_at=seconds_ago(HOUR_SECONDS * 2))
    dispatched_ago(lost, HOUR_SECONDS * 2)
    assert found(redis_checks()) == {"dispatches": 1}


def test_ids_that_are_not_queued_are_harmless_and_counted() -> None:
    job = make_job()
    job_cancel(job_id=job.id)
    rings, _ = redis_checks()
    assert rings.violations == 0
    assert rings.notes.startswith("1 ids")


def test_examples_are_few_and_violations_are_all_counted() -> None:
    for _ in range(12):
        change(make_job(), worker_id=uuid7())
    states = database_checks()[0]
    assert (states.violations, len(states.examples)) == (12, 10)


# The broker's part


@pytest.mark.parametrize("make", [MemoryBroker, get_broker])
def test_everything_that_waits_is_read_in_slices(make: Callable[[], Broker]) -> None:
    broker = make()
    messages = [
        QueueMessage(uuid7(), f"welcome:{number} of many", "default", number % 10)
        for number in range(SLICE * 2)
    ]
    claimed = QueueMessage(uuid7(), "claimed:a:b", "emails", 3)
    broker.dispatch([claimed])
    broker.fetch(["emails"], 1)  # a cache mark that says claimed, not done
    late = QueueMessage(uuid7(), "late:a:b", "emails", 3)
    broker.dispatch(messages)
    broker.dispatch_later([(late, 100.0)])
    broker.mark_done([(one.effect_key, one.job_id) for one in messages])
    waiting = [one for slice_ in broker.waiting_messages(["default"]) for one in slice_]
    assert sorted(map(str, waiting)) == sorted(map(str, [*messages, late]))
    marks = dict(one for slice_ in broker.done_cache_marks() for one in slice_)
    assert marks == {one.effect_key: one.job_id for one in messages}


# Repair


def test_repair_dispatches_what_is_lost_and_nothing_else(broker: RedisBroker) -> None:
    unknown_to_redis()
    known = make_job()
    assert jobs_repair().redispatched == 1
    waiting = [one.job_id for slice_ in broker.waiting_messages(["default"]) for one in slice_]
    assert sorted(waiting) == sorted(Job.objects.values_list("id", flat=True))
    assert known.id in waiting
    assert jobs_verify().is_clean


def test_repair_dispatches_in_queues_that_the_settings_no_longer_name(
    broker: RedisBroker, settings: Settings
) -> None:
    job = make_job(queue="bulk")
    settings.JOBS_QUEUES = ["default"]
    change(job, run_at=seconds_ago(HOUR_SECONDS))
    dispatched_ago(job, HOUR_SECONDS)
    broker.forget_everything()
    assert jobs_repair().redispatched == 1
    assert [one.message.job_id for one in broker.fetch(["bulk"], 2)] == [job.id]


def test_repair_clears_cache_marks_that_postgresql_contradicts() -> None:
    marked_as_done_but_queued()
    kept = make_job()
    succeed(kept)
    assert jobs_repair().cache_marks_cleared == 1
    [marks] = [one for one in redis_checks() if one.name == "done_cache_marks"]
    assert (marks.rows, marks.violations) == (1, 0)


def test_repair_rescues() -> None:
    worker = make_worker()
    claim = claim_one(make_job(), worker)
    Worker.objects.filter(id=worker.id).update(stopped_at=seconds_ago(0))
    assert jobs_repair().rescued == 1
    assert stored(claim).state == JobState.QUEUED


def test_repair_asks_twice_before_it_declares_a_worker_dead(
    short_timeout: float, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody may have been silenced until a moment ago: who lives is heard meanwhile."""
    settings.JOBS_HEARTBEAT_SECONDS = 0.2
    dead, alive = make_worker(), make_worker()
    lost, kept = claim_one(make_job(), dead), claim_one(make_job(), alive)
    waits: list[float] = []

    def meanwhile(seconds: float) -> None:
        waits.append(seconds)
        worker_heartbeat(worker_id=alive.id)

    monkeypatch.setattr(repair, "time", SimpleNamespace(sleep=meanwhile))
    for worker in (dead, alive):
        silence(worker)
    assert jobs_repair().rescued == 1
    assert waits == [pytest.approx(0.4)]
    assert stored(lost).state == JobState.QUEUED
    assert stored(kept).state == JobState.RUNNING
    jobs_repair()
    assert len(waits) == 1  # nobody is silent any more: there is nothing to wait for


def test_repair_of_a_healthy_database_changes_nothing() -> None:
    make_one_of_each()
    before = list(Job.objects.order_by("id").values())
    repaired = jobs_repair()
    assert (repaired.rescued, repaired.redispatched, repaired.cache_marks_cleared) == (0, 0, 0)
    assert list(Job.objects.order_by("id").values()) == before


# The command


def verify(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    """Exit status and everything printed."""
    status = 0
    try:
        call_command("verify_jobs", *options)
    except SystemExit as end:
        status = int(str(end.code))
    captured = capsys.readouterr()
    return status, captured.out + captured.err


def test_a_clean_database_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    make_one_of_each()
    status, output = verify(capsys)
    assert status == 0
    assert "Every promise holds." in output


def test_a_violation_exits_with_1_and_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    job = make_job()
    change(job, worker_id=uuid7())
    status, output = verify(capsys)
    assert status == 1
    assert f"{job.id}: queued, but still with a worker" in output


def test_json_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    change(make_job(), worker_id=uuid7())
    status, output = verify(capsys, "--json")
    document = json.loads(output)
    assert status == 1
    assert document["clean"] is False
    assert [one["name"] for one in document["checks"] if one["violations"]] == ["job_states"]


def test_repair_makes_it_clean(capsys: pytest.CaptureFixture[str]) -> None:
    unknown_to_redis()
    assert verify(capsys)[0] == 1
    status, output = verify(capsys, "--repair", "--json")
    assert status == 0
    assert json.loads(output)["repaired"] == {
        "rescued": 0,
        "redispatched": 1,
        "cache_marks_cleared": 0,
    }
    assert verify(capsys)[0] == 0


def test_without_redis_it_could_not_check(
    capsys: pytest.CaptureFixture[str], redis_away: None
) -> None:
    status, output = verify(capsys)
    assert status == 3
    assert "Could not check: Redis" in output


def test_without_postgresql_it_could_not_check(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(verify_jobs, "jobs_verify", away)
    status, output = verify(capsys)
    assert status == 3
    assert "connection refused" in output


def test_a_wrong_option_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        verify_jobs.Command().run_from_argv(["manage.py", "verify_jobs", "--unknown"])
    assert end.value.code == 2
    assert "--repair" in capsys.readouterr().err
