"""Jobs are taken from dead workers; what follows depends on the effect. Age kills no job."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from jobs.broker.redis import RedisBroker
from jobs.core.clock import HOUR_SECONDS
from jobs.core.ids import uuid7
from jobs.core.outcome import Failed, Succeeded
from jobs.core.states import DeathReason, JobState
from jobs.models import Batch, DeadLetter, Job, Worker
from jobs.models.moments import seconds_ago
from jobs.services.maintenance import rescue
from jobs.services.maintenance.rescue import RescueRound, jobs_rescue
from jobs.services.short_transaction import try_advisory_lock
from jobs.services.workers import worker_heartbeat, worker_stop
from jobs.tests.conftest import server_age_seconds
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import (
    claim_one,
    error,
    heard_now,
    lose,
    make_due,
    record,
    silence,
    start_one,
    stored,
)
from jobs.tests.threads import elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker() -> Worker:
    return make_worker(name="worker-1")


def crash(job: Job) -> None:
    """One more attempt that takes its worker down; the next one is due at once."""
    worker = make_worker()
    start_one(job, worker)
    lose(worker)
    assert jobs_rescue().count == 1
    make_due(job)


# Which workers are dead


@pytest.mark.parametrize("lately", [False, True])
def test_payloads_are_not_read(worker: Worker, lately: bool) -> None:
    """Five hundred of them may be a hundred megabytes; the dead letter has its own all the same."""
    job = make_job(type="tests.note_once", payload={"text": "large"})
    start_one(job, worker)
    lose(worker)
    with CaptureQueriesContext(connection) as queries:
        assert jobs_rescue(lately=lately).count == 1
    reads = [one["sql"] for one in queries if "FOR UPDATE" in one["sql"]]
    assert reads
    assert not any('"payload"' in read for read in reads)
    assert DeadLetter.objects.get(job_id=job.id).payload["text"] == "large"


def test_a_worker_that_was_not_heard_of_for_the_timeout_is_dead(
    worker: Worker, short_timeout: float, caplog: pytest.LogCaptureFixture
) -> None:
    claim = claim_one(make_job(), worker)
    silence(worker)
    [rescued] = jobs_rescue(heard_at=heard_now()).recorded
    assert rescued.written
    assert rescued.finished.claim.id == claim.id
    worker.refresh_from_db()
    assert worker.stopped_at is not None
    assert not worker_heartbeat(worker_id=worker.id)
    assert stored(claim).state == JobState.QUEUED
    assert "Worker worker-1 has not been heard of" in caplog.text


def test_liveness_decides_and_never_age(worker: Worker, short_timeout: float) -> None:
    """A job may run for a day as long as its worker is heard of."""
    claim = start_one(make_job(type="tests.note_once"), worker)
    day = 24 * HOUR_SECONDS
    Job.objects.filter(id=claim.id).update(claimed_at=seconds_ago(day), started_at=seconds_ago(day))
    Worker.objects.filter(id=worker.id).update(started_at=seconds_ago(day))
    assert worker_heartbeat(worker_id=worker.id)
    assert jobs_rescue(heard_at=heard_now()).count == 0
    assert stored(claim).state == JobState.RUNNING


def test_a_worker_that_has_stopped_is_not_waited_for(worker: Worker) -> None:
    claim = claim_one(make_job(), worker)
    lose(worker)
    assert jobs_rescue().count == 1
    assert stored(claim).state == JobState.QUEUED


def test_a_look_at_what_has_stopped_lately_is_enough_for_most(
    worker: Worker, short_timeout: float
) -> None:
    stopped, silent = make_worker(), make_worker()
    claims = [claim_one(make_job(), one) for one in (worker, stopped, silent)]
    lose(stopped)
    silence(silent)
    assert jobs_rescue(heard_at=heard_now(), lately=True).count == 2
    assert [stored(claim).state for claim in claims] == ["running", "queued", "queued"]


def test_a_look_at_everything_finds_what_that_one_misses(worker: Worker) -> None:
    """A claim that was committed long after its worker had stopped, and one of an unknown one."""
    unknown = make_worker()
    claim_one(make_job(), worker)
    claim_one(make_job(), unknown)
    Worker.objects.filter(id=worker.id).update(stopped_at=seconds_ago(HOUR_SECONDS))
    unknown.delete()
    assert jobs_rescue(lately=True).count == 0
    assert jobs_rescue().count == 2


def test_a_worker_whose_row_is_missing_is_dead(worker: Worker) -> None:
    claim = claim_one(make_job(), worker)
    worker.delete()
    assert jobs_rescue().count == 1
    row = stored(claim)
    assert row.state == JobState.QUEUED
    assert row.errors[0]["worker"] == str(claim.worker_id)


def test_no_worker_is_blamed_for_silence_while_postgresql_was_away(
    worker: Worker, settings: Settings
) -> None:
    """The server has only just come back: no worker could be heard before."""
    claim = claim_one(make_job(), worker)
    silence(worker, server_age_seconds() + HOUR_SECONDS)
    settings.JOBS_WORKER_TIMEOUT_SECONDS = server_age_seconds() + 60.0
    assert jobs_rescue(heard_at=heard_now()).count == 0
    assert stored(claim).state == JobState.RUNNING
    worker.refresh_from_db()
    assert worker.stopped_at is None


def test_silence_is_measured_up_to_a_heartbeat_of_the_rescuer(
    worker: Worker, short_timeout: float
) -> None:
    """What silences all workers, as a frozen database does, is held against none."""
    claim = claim_one(make_job(), worker)
    heard_at = heard_now()
    silence(worker, 60)
    long_dead = make_worker()
    lost = claim_one(make_job(), long_dead)
    silence(long_dead, HOUR_SECONDS)
    rescued = jobs_rescue(heard_at=heard_at - timedelta(minutes=1))
    assert [one.finished.claim.id for one in rescued.recorded] == [lost.id]
    worker.refresh_from_db()
    assert worker.stopped_at is None
    assert stored(claim).state == JobState.RUNNING
    assert jobs_rescue(heard_at=heard_at).count == 1


def test_a_worker_that_was_heard_after_that_moment_lives(
    worker: Worker, short_timeout: float
) -> None:
    claim_one(make_job(), worker)
    silence(worker)
    heard_at = heard_now()
    assert worker_heartbeat(worker_id=worker.id)
    assert jobs_rescue(heard_at=heard_at).count == 0


def test_a_heartbeat_from_before_the_clock_was_set_back_keeps_no_worker_alive(
    worker: Worker, short_timeout: float
) -> None:
    """Else its jobs would run, by their rows, until that moment comes for the second time."""
    claim = claim_one(make_job(), worker)
    other = make_worker()
    silence(worker, -HOUR_SECONDS)
    before = heard_now() + timedelta(seconds=HOUR_SECONDS)
    assert jobs_rescue(heard_at=before).count == 0  # no heartbeat since then: nothing is known
    assert jobs_rescue(heard_at=heard_now()).count == 1
    assert stored(claim).state == JobState.QUEUED
    other.refresh_from_db()
    assert other.stopped_at is None


def test_a_rescuer_without_a_heartbeat_declares_no_worker_dead(
    worker: Worker, short_timeout: float
) -> None:
    claim = claim_one(make_job(), worker)
    silence(worker)
    stopped = make_worker()
    lost = claim_one(make_job(), stopped)
    lose(stopped)
    assert [one.finished.claim.id for one in jobs_rescue().recorded] == [lost.id]
    assert stored(claim).state == JobState.RUNNING


def test_only_the_jobs_of_the_dead_are_taken(worker: Worker) -> None:
    alive = make_worker()
    kept = claim_one(make_job(), alive)
    taken = claim_one(make_job(), worker)
    make_job()
    lose(worker)
    assert [one.finished.claim.id for one in jobs_rescue().recorded] == [taken.id]
    assert stored(kept).state == JobState.RUNNING


# What becomes of their jobs


@pytest.mark.parametrize("job_type", ["tests.note", "tests.note_transactional"])
def test_what_may_be_repeated_is_tried_again_and_the_crash_counts(
    job_type: str, worker: Worker, broker: RedisBroker
) -> None:
    claim = start_one(make_job(type=job_type), worker)
    broker.forget_everything()
    lose(worker)
    jobs_rescue()
    row = stored(claim)
    assert (row.state, row.attempt, row.failures, row.crashes) == (JobState.QUEUED, 1, 1, 1)
    assert row.run_at - row.created_at >= timedelta(seconds=1)
    [attempt] = row.errors
    assert (attempt["attempt"], attempt["error"], attempt["worker"]) == (
        1,
        "WorkerLost",
        "worker-1",
    )
    assert broker.depth(["default"]).delayed == 1


def test_what_must_not_be_repeated_waits_for_a_person(worker: Worker, broker: RedisBroker) -> None:
    job = make_job(type="tests.note_once")
    start_one(job, worker)
    broker.forget_everything()
    lose(worker)
    jobs_rescue()
    row = stored(job)
    assert (row.state, row.crashes) == (JobState.DEAD, 1)
    letter = job.dead_letters.get()
    assert letter.reason == DeathReason.INTERRUPTED
    assert letter.error.startswith("WorkerLost: ")
    assert letter.attempt == 1
    assert broker.depth(["default"]).delayed == 0
    assert sum(broker.depth(["default"]).ready.values()) == 0


def test_what_had_not_begun_goes_back_at_no_cost(worker: Worker, broker: RedisBroker) -> None:
    claim = claim_one(make_job(type="tests.note_once"), worker)
    broker.forget_everything()
    lose(worker)
    jobs_rescue()
    row = stored(claim)
    assert (row.state, row.failures, row.crashes, row.errors) == (JobState.QUEUED, 0, 0, [])
    assert [one.message.job_id for one in broker.fetch(["default"], 9)] == [claim.id]
    assert claim_one(row).attempt == 2


def test_a_last_attempt_that_had_not_begun_is_not_the_last(worker: Worker) -> None:
    claim = claim_one(make_job(max_retries=0), worker)
    lose(worker)
    jobs_rescue()
    assert stored(claim).state == JobState.QUEUED


def test_a_last_attempt_that_was_cut_off_is_the_last(worker: Worker) -> None:
    job = make_job(max_retries=0)
    start_one(job, worker)
    lose(worker)
    jobs_rescue()
    assert job.dead_letters.get().reason == DeathReason.EXHAUSTED


def test_a_job_that_takes_down_its_third_worker_is_dead() -> None:
    job = make_job(max_retries=20)
    for _ in range(2):
        crash(job)
        assert stored(job).state == JobState.QUEUED
    crash(job)
    row = stored(job)
    assert (row.state, row.crashes, row.failures) == (JobState.DEAD, 3, 3)
    letter = job.dead_letters.get()
    assert letter.reason == DeathReason.CRASH_LOOP
    assert [one["error"] for one in letter.attempts] == ["WorkerLost"] * 3


def test_the_limit_of_crashes_is_a_setting(settings: Settings) -> None:
    settings.JOBS_CRASH_LIMIT = 1
    job = make_job()
    crash(job)
    assert job.dead_letters.get().reason == DeathReason.CRASH_LOOP


def test_jobs_that_were_only_there_when_a_worker_died_are_no_crash_loop() -> None:
    """They were claimed, not begun: another job took the workers down."""
    bystander = make_job()
    crash(bystander)
    for _ in range(5):
        worker = make_worker()
        claim_one(bystander, worker)
        lose(worker)
        jobs_rescue()
    row = stored(bystander)
    assert (row.state, row.crashes, row.failures) == (JobState.QUEUED, 1, 1)


def test_jobs_that_deploys_cut_off_are_no_crash_loop() -> None:
    """Each worker was asked to stop, and signed off at the end of its grace period."""
    job = make_job(max_retries=20)
    for _ in range(5):
        worker = make_worker(name="web-1")
        start_one(job, worker)
        worker_stop(worker_id=worker.id, in_order=True)
        assert jobs_rescue().count == 1
        make_due(job)
    row = stored(job)
    assert (row.state, row.crashes, row.failures) == (JobState.QUEUED, 0, 5)
    assert {one["error"] for one in row.errors} == {"WorkerStopped"}
    assert {one["worker"] for one in row.errors} == {"web-1"}


def test_what_a_deploy_cut_off_is_repeated_only_if_it_may_be(worker: Worker) -> None:
    job = make_job(type="tests.note_once")
    start_one(job, worker)
    worker_stop(worker_id=worker.id, in_order=True)
    jobs_rescue()
    assert job.dead_letters.get().reason == DeathReason.INTERRUPTED


def test_a_worker_that_was_declared_dead_cannot_sign_off(worker: Worker) -> None:
    job = make_job()
    start_one(job, worker)
    lose(worker)
    worker_stop(worker_id=worker.id, in_order=True)
    jobs_rescue()
    assert stored(job).crashes == 1


def test_failures_between_crashes_do_not_hide_them() -> None:
    job = make_job(max_retries=20)
    for _ in range(2):
        crash(job)
        record(start_one(job), Failed(error()))
        make_due(job)
    crash(job)
    assert job.dead_letters.get().reason == DeathReason.CRASH_LOOP


def test_an_orphan_of_an_unknown_type_is_treated_with_the_most_care(worker: Worker) -> None:
    job = make_job(type="tests.note_once")
    start_one(job, worker)
    Job.objects.filter(id=job.id).update(type="tests.gone")
    lose(worker)
    jobs_rescue()
    assert job.dead_letters.get().reason == DeathReason.INTERRUPTED


def test_a_rescued_job_that_is_asked_to_stop_is_not_tried_again(worker: Worker) -> None:
    claim = start_one(make_job(), worker)
    Job.objects.filter(id=claim.id).update(cancel_requested_at=seconds_ago(1))
    lose(worker)
    jobs_rescue()
    assert stored(claim).state == JobState.CANCELLED


# How


def test_the_worker_that_was_only_frozen_cannot_write_any_more(worker: Worker) -> None:
    claim = start_one(make_job(), worker)
    lose(worker)
    jobs_rescue()
    make_due(stored(claim))
    again = claim_one(stored(claim))
    assert not record(claim, Succeeded()).written
    row = stored(claim)
    assert (row.state, row.attempt, row.worker_id) == (JobState.RUNNING, 2, again.worker_id)


def test_a_second_rescue_finds_nothing(worker: Worker) -> None:
    claim_one(make_job(), worker)
    lose(worker)
    assert jobs_rescue().count == 1
    assert jobs_rescue().count == 0


def test_while_one_worker_rescues_the_others_leave_it_alone(worker: Worker) -> None:
    claim_one(make_job(), worker)
    lose(worker)
    with transaction.atomic():
        assert try_advisory_lock("rescue")
        assert elsewhere(jobs_rescue) == RescueRound(was_skipped=True)
    assert elsewhere(jobs_rescue).count == 1


def test_a_locked_row_is_left_for_the_next_round(worker: Worker) -> None:
    held, free = claim_one(make_job(), worker), claim_one(make_job(), worker)
    lose(worker)
    with transaction.atomic():
        Job.objects.select_for_update().get(id=held.id)
        rescued = elsewhere(jobs_rescue)
    assert [one.finished.claim.id for one in rescued.recorded] == [free.id]
    assert [one.finished.claim.id for one in jobs_rescue().recorded] == [held.id]


def test_a_round_is_bounded(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescue, "RESCUE_LIMIT", 2)
    for _ in range(5):
        claim_one(make_job(), worker)
    lose(worker)
    assert [jobs_rescue().count for _ in range(4)] == [2, 2, 1, 0]


def test_a_dead_worker_is_reported_once(
    worker: Worker, short_timeout: float, caplog: pytest.LogCaptureFixture
) -> None:
    silence(worker)
    jobs_rescue(heard_at=heard_now())
    jobs_rescue(heard_at=heard_now())
    assert caplog.text.count("counts as dead") == 1


def test_postgresql_ends_the_transaction_of_a_rescuer_that_freezes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locks of a frozen worker must not outlive the time in which it is declared dead."""
    settings.JOBS_WORKER_TIMEOUT_SECONDS = 12.5
    limits: list[str] = []
    monkeypatch.setattr(rescue, "_declare_dead", lambda _: limits.append(idle_limit()))
    jobs_rescue(heard_at=heard_now())
    assert limits == ["12500ms"]
    assert idle_limit() == "0"  # the session is as it was


def idle_limit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        return str(cursor.fetchone()[0])


def test_without_redis_jobs_are_rescued_all_the_same(worker: Worker, redis_away: None) -> None:
    claim = claim_one(make_job(), worker)
    lose(worker)
    assert jobs_rescue().count == 1
    assert stored(claim).state == JobState.QUEUED


def test_a_worker_id_that_never_was_is_no_reason_to_stumble() -> None:
    claim = claim_one(make_job())
    Job.objects.filter(id=claim.id).update(worker_id=uuid7())
    assert jobs_rescue().count == 1
    assert stored(claim).state == JobState.QUEUED


def test_an_outcome_that_cannot_be_written_holds_up_no_other(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    spoilt, other = make_job(type="tests.note_once"), make_job(type="tests.note_once")
    batch = Batch.objects.create(total=1, closed_at=timezone.now(), on_completion={"odd": 1})
    Job.objects.filter(id=spoilt.id).update(batch_id=batch.id)
    for job in (spoilt, other):
        start_one(job, worker)
    lose(worker)
    assert jobs_rescue().count == 1
    assert (stored(spoilt).state, stored(other).state) == (JobState.RUNNING, JobState.DEAD)
    assert f"The outcome of job {spoilt.id} could not be written: TypeError" in caplog.text
