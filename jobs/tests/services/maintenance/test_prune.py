"""What is past its retention goes, in batches; what is still needed stays."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.db.models.signals import post_delete
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from jobs.core.clock import DAY_SECONDS
from jobs.core.ids import uuid7_floor
from jobs.core.states import JobState
from jobs.models import DeadLetter, Job, KeyWait, ProcessedKey, Worker
from jobs.models.moments import seconds_ago
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay
from jobs.services.maintenance import prune
from jobs.services.maintenance.prune import jobs_prune
from jobs.services.short_transaction import try_advisory_lock
from jobs.sql.statements import statement
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one, die, interrupt, lose, succeed
from jobs.tests.threads import elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def retention(settings: Settings) -> None:
    settings.JOBS_RETENTION_DAYS = 14.0
    settings.JOBS_KEY_RETENTION_DAYS = 90.0


def aged(job: Job, days: float, finished_days: float | None = None) -> Job:
    """The same job, accepted `days` ago, and finished then unless `finished_days` says otherwise.

    An id carries the time of its making, so that the row has to be made anew.
    """
    moment = datetime.now(UTC).timestamp() - days * DAY_SECONDS
    row = Job.objects.get(id=job.id)
    letters = list(row.dead_letters.all())
    row.id = uuid7_floor(moment + next_fraction())
    row.effect_key = str(row.id) if row.effect_key == str(job.id) else row.effect_key
    row.save(force_insert=True)
    ProcessedKey.objects.filter(job_id=job.id).update(job_id=row.id)
    for letter in letters:
        DeadLetter.objects.filter(id=letter.id).update(job=row)
    Job.objects.filter(id=job.id).delete()
    if row.finished_at:
        ago = days if finished_days is None else finished_days
        Job.objects.filter(id=row.id).update(finished_at=seconds_ago(ago * DAY_SECONDS))
    return row


def next_fraction() -> float:
    """Seconds that make the ids of one moment differ."""
    return Job.objects.count() / 1000


def exists(job: Job) -> bool:
    return Job.objects.filter(id=job.id).exists()


def test_finished_jobs_go_after_their_retention() -> None:
    old, young = make_job(), make_job()
    succeed(old)
    succeed(young)
    old, young = aged(old, days=14.1), aged(young, days=13.9)
    assert jobs_prune().count == 1
    assert not exists(old)
    assert exists(young)


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.SKIPPED, JobState.CANCELLED])
def test_every_final_state_is_finished(state: JobState) -> None:
    job = make_job()
    Job.objects.filter(id=job.id).update(
        state=state, finished_at=seconds_ago(0), done_by_id=make_job().id
    )
    job = aged(job, days=15)
    jobs_prune()
    assert not exists(job)


def test_what_is_not_finished_stays_however_old() -> None:
    queued, running = make_job(), make_job()
    claim_one(running)
    kept = [aged(queued, days=400), aged(running, days=400)]
    assert jobs_prune().count == 0
    assert all(exists(job) for job in kept)


def test_retention_counts_from_the_end() -> None:
    job = make_job()
    succeed(job)
    job = aged(job, days=400, finished_days=1)
    assert jobs_prune().count == 0
    assert exists(job)


def test_a_dead_job_stays_as_long_as_its_dead_letter_waits() -> None:
    job = make_job()
    letter = die(job)
    job = aged(job, days=400)
    assert jobs_prune().count == 0
    assert exists(job)
    dead_letter_discard(dead_letter_id=letter.id, resolved_by_id=None)
    assert jobs_prune().count == 2
    assert not exists(job)
    assert not DeadLetter.objects.exists()


def test_a_batch_is_bounded_and_the_oldest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "PRUNE_LIMIT", 2)
    jobs = [make_job() for _ in range(5)]
    for job in jobs:
        succeed(job)
    ProcessedKey.objects.all().delete()
    jobs = [aged(job, days=20 - number) for number, job in enumerate(jobs)]
    assert jobs_prune().count == 2
    assert [exists(job) for job in jobs] == [False, False, True, True, True]
    assert [jobs_prune().count for _ in range(3)] == [2, 1, 0]


def test_keys_have_a_retention_of_their_own() -> None:
    job = make_job(type="tests.note_by_text", payload={"text": "ann"})
    succeed(job)
    job = aged(job, days=15)
    jobs_prune()
    assert not exists(job)
    key = ProcessedKey.objects.get()  # it still answers duplicates
    for days, left in ((89, 1), (91, 0)):
        ago = seconds_ago(days * DAY_SECONDS)
        ProcessedKey.objects.filter(key=key.key).update(created_at=ago, processed_at=ago)
        jobs_prune()
        assert ProcessedKey.objects.count() == left


def test_a_key_without_success_stays_with_its_job() -> None:
    job = make_job(type="tests.note_by_text", payload={"text": "ann"})
    interrupt(job)
    ProcessedKey.objects.update(created_at=seconds_ago(400 * DAY_SECONDS))
    jobs_prune()
    assert ProcessedKey.objects.get().job_id == job.id


def test_a_key_without_success_goes_when_its_job_has_gone() -> None:
    job = make_job(type="tests.note_by_text", payload={"text": "ann"})
    die(job)
    ProcessedKey.objects.update(created_at=seconds_ago(91 * DAY_SECONDS))
    Job.objects.filter(id=job.id).delete()
    assert ProcessedKey.objects.exists()
    jobs_prune()
    assert not ProcessedKey.objects.exists()


def test_workers_go_after_they_have_been_stopped_for_the_retention() -> None:
    old, young, alive = make_worker(), make_worker(), make_worker()
    lose(old)
    lose(young)
    Worker.objects.filter(id=old.id).update(stopped_at=seconds_ago(15 * DAY_SECONDS))
    Worker.objects.filter(id=alive.id).update(started_at=seconds_ago(400 * DAY_SECONDS))
    assert jobs_prune().count == 1
    assert set(Worker.objects.all()) == {young, alive}


def test_while_one_worker_prunes_the_others_leave_it_alone() -> None:
    worker = make_worker()
    lose(worker)
    Worker.objects.update(stopped_at=seconds_ago(15 * DAY_SECONDS))
    with transaction.atomic():
        assert try_advisory_lock("prune")
        assert elsewhere(jobs_prune).count == 0
    assert elsewhere(jobs_prune).count == 1


def test_a_retention_of_a_hundred_years_keeps_everything(settings: Settings) -> None:
    """Its beginning lies before 1970, where no id has its moment."""
    settings.JOBS_RETENTION_DAYS = settings.JOBS_KEY_RETENTION_DAYS = 36_500.0
    job = make_job()
    succeed(job)
    lose(make_worker())
    aged(job, days=400)
    assert jobs_prune().count == 0


def test_a_key_is_kept_for_its_time_after_the_success() -> None:
    job = make_job(type="tests.note_by_text", payload={"text": "same"})
    letter = die(job)
    ProcessedKey.objects.update(created_at=seconds_ago(1_000 * DAY_SECONDS))
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    succeed(job)
    jobs_prune()
    assert ProcessedKey.objects.filter(job_id=job.id).exists()


def test_no_row_is_loaded_to_be_deleted() -> None:
    """Payloads may be large: pruning asks for ids."""
    job = make_job()
    letter = die(job)
    job = aged(job, days=400)
    dead_letter_discard(dead_letter_id=letter.id, resolved_by_id=None)
    with CaptureQueriesContext(connection) as queries:
        assert jobs_prune().count == 2
    assert not [one for one in queries if "payload" in one["sql"]]


def test_what_another_transaction_holds_does_not_hold_up_the_rest() -> None:
    held, free = make_job(), make_job()
    succeed(held)
    succeed(free)
    held, free = aged(held, days=20), aged(free, days=15)
    with transaction.atomic():
        Job.objects.select_for_update().get(id=held.id)
        assert elsewhere(jobs_prune).count == 1
    assert (exists(held), exists(free)) == (True, False)


def test_what_a_project_hangs_on_the_deletion_of_jobs_is_called() -> None:
    seen: list[object] = []

    def note_deletion(sender: object, instance: Job, **kwargs: object) -> None:
        seen.append(instance.pk)

    job = make_job()
    succeed(job)
    job = aged(job, days=20)
    post_delete.connect(note_deletion, sender=Job)
    try:
        assert jobs_prune().count == 1
    finally:
        post_delete.disconnect(note_deletion, sender=Job)
    assert seen == [job.id]
    assert not exists(job)


def test_old_keys_are_found_by_an_index() -> None:
    """However many there are, and whatever space they share with young ones."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        parameters = {"retention_seconds": 1.0, "limit": 10}
        cursor.execute("EXPLAIN " + statement("prune_keys"), parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "Index Scan using processed_key_oldest_first" in plan


def test_key_waits_that_were_left_behind_go() -> None:
    for hours in (-2, 2):
        KeyWait.objects.create(job_id=make_job().id, key="k", until=seconds_ago(-hours * 3_600))
    assert jobs_prune().count == 1
    assert KeyWait.objects.count() == 1
