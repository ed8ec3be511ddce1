"""Batches: counted by whatever ends a job, completed once, with their callbacks."""

import pytest
from django.db import transaction

from jobs import JobRequest, batch, enqueue
from jobs.core.batch_errors import BatchClosed, BatchCompleted, BatchFull, CallbackRefused
from jobs.core.claim import Claimant
from jobs.core.errors import JobsError
from jobs.core.finished import Finished
from jobs.core.outcome import Failed, FailedForGood, Succeeded
from jobs.core.request_errors import RequestsRefused
from jobs.core.states import JobState
from jobs.models import Batch, Event, Job
from jobs.models.moments import seconds_ago
from jobs.services.attempts import job_succeed_in_transaction, jobs_record
from jobs.services.batches import batch_add, batch_cancel, batch_close, batch_create
from jobs.services.cancel import job_cancel
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.limits.hand_over import limit_to_hand_over, slots_hand_over
from jobs.services.maintenance.cancel_batches import jobs_cancel_in_batches
from jobs.services.maintenance.expire import jobs_expire_overdue
from jobs.tests.factories import make_user, make_worker
from jobs.tests.steps import (
    claim_one,
    die,
    error,
    fail,
    interrupt,
    make_due,
    record,
    start_one,
    stored,
    succeed,
)

pytestmark = pytest.mark.django_db(transaction=True)


def note(text: str = "a", **options: object) -> JobRequest:
    return JobRequest("tests.note", {"text": text}, **options)  # type: ignore[arg-type]


def notes(count: int) -> list[JobRequest]:
    return [note(f"note {number}") for number in range(count)]


SUCCESS, COMPLETION = note("success"), note("completion")


def made(count: int = 2, *requests: JobRequest) -> tuple[Batch, list[Job]]:
    """A closed batch with both callbacks, and its jobs in the order of their making."""
    handle = batch(
        list(requests) or notes(count), name="b", on_success=SUCCESS, on_completion=COMPLETION
    )
    return handle.progress(), list(Job.objects.filter(batch_id=handle.id).order_by("id"))


def now(one: Batch) -> Batch:
    return Batch.objects.get(id=one.id)


def success_job(one: Batch) -> Job:
    job_id = now(one).success_job_id
    assert job_id is not None
    return Job.objects.get(id=job_id)


def callbacks() -> list[str]:
    """The callbacks that are there, by their text."""
    jobs = Job.objects.filter(given__batch__isnull=False)
    return sorted(job.payload["text"] for job in jobs)


def counts(one: Batch) -> dict[str, int]:
    one = now(one)
    names = ("succeeded", "skipped", "failed", "cancelled", "expired")
    return {name: value for name in names if (value := getattr(one, name))}


def test_the_last_success_enqueues_both_callbacks_once() -> None:
    one, jobs = made(3)
    assert (one.total, one.done, one.state) == (3, 0, "running")
    for job in jobs[:2]:
        succeed(job)
    assert (counts(one), callbacks()) == ({"succeeded": 2}, [])
    succeed(jobs[2])
    assert (counts(one), callbacks()) == ({"succeeded": 3}, ["completion", "success"])
    assert now(one).state == "completed"
    assert now(one).completed_at is not None
    callback = success_job(one)
    assert callback.batch_id is None
    assert claim_one(callback).told_to_handler["batch"] == {
        "id": str(one.id),
        "name": "b",
        "total": 3,
        "succeeded": 3,
        "skipped": 0,
        "failed": 0,
        "cancelled": 0,
        "expired": 0,
    }


def test_outcomes_recorded_together_are_counted_together() -> None:
    one, jobs = made(4)
    claims = [claim_one(job) for job in jobs]
    alone = enqueue("tests.note", {"text": "alone"}).job
    finished = [Finished(claim, Succeeded()) for claim in (*claims[:3], claim_one(alone))]
    finished.append(Finished(claims[3], FailedForGood(error())))
    assert all(done.written for done in jobs_record(finished=finished))
    assert counts(one) == {"succeeded": 3, "failed": 1}
    assert callbacks() == ["completion"]


def test_an_outcome_is_counted_once_however_often_it_is_recorded() -> None:
    one, [first, _] = made(2)
    claim = claim_one(first)
    assert record(claim, Succeeded()).written
    assert not record(claim, Succeeded()).written
    assert counts(one) == {"succeeded": 1}


def test_a_handler_of_a_transactional_type_counts_in_its_own_transaction() -> None:
    one, [job] = made(1)
    claim = claim_one(job)
    with transaction.atomic():
        job_succeed_in_transaction(claim=claim)
        transaction.set_rollback(True)
    assert (counts(one), callbacks()) == ({}, [])
    with transaction.atomic():
        job_succeed_in_transaction(claim=claim)
    assert (counts(one), callbacks()) == ({"succeeded": 1}, ["completion", "success"])


def test_every_way_to_end_counts() -> None:
    requests = [
        *notes(3),
        *[JobRequest("tests.note_by_text", {"text": "same"}) for _ in range(2)],
    ]
    one, [dead, cancelled, expired, owner, skipped] = made(0, *requests)
    fail(dead)
    assert counts(one) == {}
    die(dead)
    job_cancel(job_id=cancelled.id)
    Job.objects.filter(id=expired.id).update(expires_at=seconds_ago(1))
    jobs_expire_overdue()
    succeed(owner)
    jobs_resolve_key_conflicts(job_ids=[skipped.id])
    assert stored(skipped).state == JobState.SKIPPED
    assert counts(one) == {
        "succeeded": 1,
        "skipped": 1,
        "failed": 1,
        "cancelled": 1,
        "expired": 1,
    }
    assert callbacks() == ["completion"]


def test_a_running_job_that_is_cancelled_counts_when_it_ends() -> None:
    one, [job] = made(1)
    claim = start_one(job)
    job_cancel(job_id=job.id)
    assert counts(one) == {}
    record(claim, Failed(error()))
    assert counts(one) == {"cancelled": 1}
    assert callbacks() == ["completion"]


def test_skipped_counts_as_done() -> None:
    requests = [JobRequest("tests.note_by_text", {"text": "same"}) for _ in range(2)]
    _, [owner, skipped] = made(0, *requests)
    succeed(owner)
    jobs_resolve_key_conflicts(job_ids=[skipped.id])
    assert callbacks() == ["completion", "success"]


def test_a_replay_that_succeeds_brings_the_callback_of_success() -> None:
    one, [good, bad] = made(2)
    succeed(good)
    letter = die(bad)
    assert (counts(one), callbacks()) == ({"succeeded": 1, "failed": 1}, ["completion"])
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    assert (counts(one), now(one).state) == ({"succeeded": 1}, "running")
    completed_at = now(one).completed_at
    make_due(bad)
    succeed(bad)
    assert (counts(one), callbacks()) == ({"succeeded": 2}, ["completion", "success"])
    assert now(one).completed_at == completed_at


def test_a_discarded_dead_letter_stays_counted() -> None:
    one, [job] = made(1)
    dead_letter_discard(dead_letter_id=die(job).id, resolved_by_id=None)
    assert (counts(one), callbacks()) == ({"failed": 1}, ["completion"])


def test_a_late_success_moves_the_count() -> None:
    one, [job] = made(1, JobRequest("tests.note_once", {"text": "a"}))
    claim, _ = interrupt(job)
    assert (counts(one), callbacks()) == ({"failed": 1}, ["completion"])
    assert record(claim, Succeeded()).written
    assert (counts(one), callbacks()) == ({"succeeded": 1}, ["completion", "success"])


def test_an_open_batch_waits_to_be_closed() -> None:
    one = batch_create(on_success=SUCCESS, on_completion=COMPLETION)
    [answer] = batch_add(batch_id=one.id, requests=[note()])
    assert not isinstance(answer, JobsError)
    succeed(answer.job)
    assert (now(one).state, callbacks()) == ("open", [])
    assert batch_close(batch_id=one.id).state == "completed"
    assert callbacks() == ["completion", "success"]
    batch_close(batch_id=one.id)
    assert callbacks() == ["completion", "success"]
    with pytest.raises(BatchClosed, match="new batch"):
        batch_add(batch_id=one.id, requests=[note()])


def test_an_empty_batch_is_completed_when_it_is_closed() -> None:
    one, _ = made(1)
    empty = batch([], on_success=SUCCESS, on_completion=COMPLETION)
    assert empty.progress().state == "completed"
    assert callbacks() == ["completion", "success"]
    assert now(one).state == "running"


def test_a_block_closes_its_batch() -> None:
    with batch(on_completion=COMPLETION) as one:
        assert one.add(notes(3)) == 3
        assert one.add(notes(2)) == 2
        assert one.progress().state == "open"
    assert (one.progress().total, one.progress().state) == (5, "running")


def test_an_exception_in_the_block_cancels_it() -> None:
    def fill() -> None:
        with batch(on_completion=COMPLETION) as one:
            one.add(notes(3))
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        fill()
    assert jobs_cancel_in_batches().count == 3
    assert callbacks() == ["completion"]


def test_inside_a_transaction_it_exists_with_the_commit() -> None:
    with transaction.atomic():
        batch(notes(60), on_success=SUCCESS)
        transaction.set_rollback(True)
    assert not Batch.objects.exists()
    assert not Job.objects.exists()
    with transaction.atomic():
        one = batch(notes(60), on_success=SUCCESS)
    assert Job.objects.filter(batch_id=one.id).count() == 60


def test_what_a_client_had_sent_before_is_not_counted_again() -> None:
    one = batch_create()
    keyed = note(idempotency_key="k")
    batch_add(batch_id=one.id, requests=[keyed, note("b")])
    batch_add(batch_id=one.id, requests=[keyed, note("c")])
    assert now(one).total == 3


def test_a_batch_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.services.batches.create.BATCH_JOBS_MAX", 3)
    one = batch_create()
    batch_add(batch_id=one.id, requests=notes(2))
    with pytest.raises(BatchFull, match="at most 3 jobs, and this one has 2"):
        batch_add(batch_id=one.id, requests=notes(2))
    assert (now(one).total, Job.objects.count()) == (2, 2)
    batch_add(batch_id=one.id, requests=notes(1))


def test_nothing_is_made_of_what_is_refused() -> None:
    with pytest.raises(RequestsRefused):
        batch([note(), JobRequest("tests.note", {})])
    with pytest.raises(CallbackRefused, match=r"on_success: .*tests\.noot"):
        batch([note()], on_success=JobRequest("tests.noot", {}))
    with pytest.raises(CallbackRefused, match="on_completion: "):
        batch([note()], on_completion=JobRequest("tests.note", {"text": 7, "more": 1}))
    assert not Batch.objects.exists()
    assert not Job.objects.exists()


def test_a_callback_whose_type_is_gone_is_enqueued_all_the_same() -> None:
    one, [job] = made(1)
    Batch.objects.filter(id=one.id).update(
        on_success=one.on_success | {"type": "tests.gone"}  # type: ignore[operator]
    )
    succeed(job)
    assert success_job(one).type == "tests.gone"


def test_a_batch_is_cancelled_as_a_whole() -> None:
    one, [done, running, *_] = made(5)
    succeed(done)
    claim = start_one(running)
    batch_cancel(batch_id=one.id, reason="wrong month")
    batch_cancel(batch_id=one.id)
    assert Event.objects.get(action="batch.cancelled").reason == "wrong month"
    assert jobs_cancel_in_batches().count == 3
    assert stored(running).cancel_requested_at is not None
    assert (counts(one), callbacks()) == ({"succeeded": 1, "cancelled": 3}, [])
    record(claim, Failed(error()))
    assert (counts(one), callbacks()) == ({"succeeded": 1, "cancelled": 4}, ["completion"])
    with pytest.raises(BatchCompleted):
        batch_cancel(batch_id=one.id)


def test_a_cancelled_batch_is_closed() -> None:
    one = batch_create(on_completion=COMPLETION)
    batch_cancel(batch_id=one.id)
    assert callbacks() == ["completion"]
    with pytest.raises(BatchClosed):
        batch_add(batch_id=one.id, requests=[note()])


def test_a_round_of_cancelling_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.services.maintenance.cancel_batches.CANCEL_LIMIT", 2)
    one, _ = made(3)
    batch_cancel(batch_id=one.id)
    rounds = [jobs_cancel_in_batches() for _ in range(3)]
    assert [(done.count, done.is_full) for done in rounds] == [(2, True), (1, False), (0, False)]
    assert callbacks() == ["completion"]


def test_what_is_claimed_with_the_slot_of_another_counts_and_hands_none_over() -> None:
    limited = JobRequest("tests.note_limited", {"text": "a"})
    alone = enqueue("tests.note_limited", {"text": "alone"}).job
    _, [job] = made(0, limited)
    worker = make_worker()
    finished = Finished(claim_one(alone, worker), Succeeded())
    name = limit_to_hand_over(finished)
    assert name is not None
    claimant = Claimant(worker.id, ["default"], most=1)
    [claim] = slots_hand_over(finished=[(finished, name)], claimant=claimant).claims
    assert (claim.id, claim.is_followed) == (job.id, True)
    assert limit_to_hand_over(Finished(claim, Succeeded())) is None
    assert record(claim, Succeeded()).written
    assert callbacks() == ["completion", "success"]


def test_limited_jobs_count_too() -> None:
    one, jobs = made(2, *[JobRequest("tests.note_limited", {"text": str(n)}) for n in range(2)])
    succeed(jobs[0])
    succeed(jobs[1])
    assert callbacks() == ["completion", "success"]
    assert counts(one) == {"succeeded": 2}


def test_its_client_leaves() -> None:
    user = make_user()
    one = batch_create(submitted_by_id=user.pk, on_completion=COMPLETION)
    batch_add(batch_id=one.id, requests=[note()], submitted_by_id=user.pk)
    user.delete()
    assert now(one).submitted_by_id is None
