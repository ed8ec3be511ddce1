"""Chains: each job follows the success of the one before it, once, and is given its result."""

from typing import Any

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from jobs import JobRequest, batch, chain
from jobs.core.batch_errors import BatchClosed, BatchFull, ChainJobRefused, ChainTooLong
from jobs.core.errors import PayloadInvalid
from jobs.core.outcome import Succeeded
from jobs.core.result import Result
from jobs.core.states import ChainState, JobState
from jobs.models import Batch, Job
from jobs.services import chain_facts as chain_facts_module
from jobs.services.attempts import Recorded
from jobs.services.batches.create import BATCH_JOBS_MAX
from jobs.services.cancel import job_cancel
from jobs.services.chain_facts import chain_facts
from jobs.services.chains import chain_create
from jobs.services.dead_letters import dead_letter_replay
from jobs.services.maintenance.cancel_batches import jobs_cancel_in_batches
from jobs.services.verification.database import database_checks
from jobs.sql.statements import Rows, run
from jobs.tests.steps import claim_one, die, fail, interrupt, make_due, record, stored, succeed
from jobs.tests.violations import found

pytestmark = pytest.mark.django_db(transaction=True)


def notes(count: int) -> list[JobRequest]:
    return [JobRequest("tests.note", {"text": f"note {number}"}) for number in range(count)]


def newest() -> Job:
    return Job.objects.order_by("-id")[0]


def texts() -> list[str]:
    return [job.payload["text"] for job in Job.objects.order_by("id")]


def test_the_next_job_follows_a_success_and_gets_its_result() -> None:
    first = chain(notes(3)).job
    assert texts() == ["note 0"]
    assert claim_one(first).told_to_handler["previous_result"] is None
    Job.objects.filter(id=first.id).update(state=JobState.QUEUED, finished_at=None)
    result = Result('{"rows": 7}')
    assert record(claim_one(first), Succeeded(result=result)).written
    assert texts() == ["note 0", "note 1"]
    claim = claim_one(newest())
    assert claim.told_to_handler["previous_result"] == {"rows": 7}
    assert record(claim, Succeeded()).written
    last = newest()
    assert last.given == {
        "chain": {"id": str(first.id), "position": 3, "total": 3},
        "previous_result": None,
    }
    succeed(last)
    assert texts() == ["note 0", "note 1", "note 2"]


def test_it_follows_once() -> None:
    claim = claim_one(chain(notes(2)).job)
    assert record(claim, Succeeded()).written
    assert not record(claim, Succeeded()).written
    assert texts() == ["note 0", "note 1"]


def test_a_failure_is_retried_first_and_a_dead_job_stops_the_chain_until_it_is_replayed() -> None:
    first = chain(notes(2)).job
    fail(first)
    letter = die(first)
    assert texts() == ["note 0"]
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    make_due(first)
    succeed(first)
    assert texts() == ["note 0", "note 1"]


def test_a_late_success_goes_on() -> None:
    first = chain([JobRequest("tests.note_once", {"text": "a"}), *notes(1)]).job
    claim, _ = interrupt(first)
    assert texts() == ["a"]
    assert record(claim, Succeeded()).written
    assert texts() == ["a", "note 0"]


def test_a_cancelled_job_ends_the_chain() -> None:
    first = chain(notes(2)).job
    job_cancel(job_id=first.id)
    assert stored(first).state == JobState.CANCELLED
    assert texts() == ["note 0"]


def test_all_jobs_are_checked_first() -> None:
    with pytest.raises(PayloadInvalid):
        chain([*notes(2), JobRequest("tests.note", {})])
    with pytest.raises(ChainJobRefused, match="job 2 of the chain") as caught:
        chain_create(requests=[*notes(2), JobRequest("tests.note", {})])
    assert (caught.value.index, type(caught.value.error)) == (2, PayloadInvalid)
    with pytest.raises(PayloadInvalid):
        batch().add_chain([*notes(2), JobRequest("tests.note", {})])
    with pytest.raises(ChainTooLong, match="1 to 100"):
        chain([])
    with pytest.raises(ChainTooLong, match="this one has 101"):
        chain(notes(101))
    assert texts() == []


def test_inside_a_transaction_it_exists_with_the_commit() -> None:
    with transaction.atomic():
        chain(notes(2))
        transaction.set_rollback(True)
    assert texts() == []


def test_options_of_a_job_are_kept() -> None:
    first = chain([*notes(1), notes(1)[0]._replace(priority=9, queue="bulk", delay_seconds=60)])
    succeed(first.job)
    job = newest()
    assert (job.priority, job.queue) == (9, "bulk")
    assert (job.run_at - job.created_at).total_seconds() == 60


def seen(first: Job) -> tuple[str, int, list[str | None]]:
    """State, how many are done, and the states of its jobs."""
    facts = chain_facts(first.id)
    assert facts is not None
    assert [one["position"] for one in facts["jobs"]] == list(range(1, facts["total"] + 1))
    return facts["state"], facts["done"], [one["state"] for one in facts["jobs"]]


def test_it_is_read_from_its_first_job_to_its_last() -> None:
    first = chain(notes(3)).job
    assert seen(first) == ("running", 0, ["queued", None, None])
    succeed(first)
    second = newest()
    assert seen(first) == ("running", 1, ["succeeded", "queued", None])
    letter = die(second)
    assert seen(first) == ("stopped", 1, ["succeeded", "dead", None])
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    make_due(second)
    succeed(second)
    assert seen(first) == ("running", 2, ["succeeded", "succeeded", "queued"])
    succeed(newest())
    assert seen(first) == ("succeeded", 3, ["succeeded"] * 3)
    assert chain_facts(second.id) is None  # it is not the first one
    Job.objects.filter(id=first.id).delete()
    assert chain_facts(first.id) is None


def test_a_call_is_given_the_result_without_what_is_sensitive(settings: Settings) -> None:
    settings.JOBS_HTTP_ALLOWED_HOSTS = ["hooks.example.com"]
    payload = {"url": "https://hooks.example.com/", "json_from": "previous_result"}
    note = JobRequest("tests.note", {"text": "a", "secret": "s3cret-value"})
    first = chain([note, JobRequest("http_request", payload)]).job
    record(claim_one(first), Succeeded(result=Result('{"said": "s3cret-value", "n": 7}')))
    told = claim_one(newest()).told_to_handler["previous_result"]
    assert told == {"said": "********", "n": 7}


def counted(one: Batch) -> tuple[str, int, int]:
    one = Batch.objects.get(id=one.id)
    assert found(database_checks()) == {}
    return one.state, one.total, one.done


def test_a_batch_counts_a_chain_as_it_grows() -> None:
    with batch(on_success=notes(1)[0], on_completion=notes(1)[0]) as handle:
        first = handle.add_chain(notes(3)).job
    one = handle.progress()
    assert counted(one) == ("running", 1, 0)
    succeed(first)
    second = newest()
    assert second.batch_id == one.id
    assert counted(one) == ("running", 2, 1)
    letter = die(second)
    assert counted(one) == ("completed", 2, 2)
    assert (handle.progress().success_job_id, handle.progress().failed) == (None, 1)
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    make_due(second)
    succeed(second)
    assert counted(one) == ("running", 3, 2)
    assert handle.progress().success_job_id is None
    succeed(Job.objects.filter(batch_id=one.id).order_by("-id")[0])
    assert counted(one) == ("completed", 3, 3)
    assert handle.progress().success_job_id is not None


def test_a_batch_that_is_cancelled_ends_its_chains() -> None:
    handle = batch()
    first = handle.add_chain(notes(3)).job
    claim = claim_one(first)
    handle.cancel()
    assert record(claim, Succeeded()).written
    assert counted(handle.progress()) == ("running", 2, 1)
    jobs_cancel_in_batches()
    assert counted(handle.progress()) == ("completed", 2, 2)
    assert seen(first) == ("stopped", 1, ["succeeded", "cancelled", None])


def test_a_batch_that_is_closed_or_full_takes_no_chain() -> None:
    handle = batch()
    Batch.objects.filter(id=handle.id).update(total=BATCH_JOBS_MAX - 1)
    with pytest.raises(BatchFull):
        handle.add_chain(notes(2))
    Batch.objects.filter(id=handle.id).update(total=0)
    handle.close()
    with pytest.raises(BatchClosed):
        handle.add_chain(notes(2))
    assert texts() == []


def test_a_job_that_ends_while_the_chain_is_read_does_not_stop_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between the statement that finds its jobs and the one that reads them."""
    first = chain_create(requests=notes(3)).job
    claim = claim_one(first)
    ended: list[Recorded] = []

    def end_meanwhile(name: str, **parameters: Any) -> Rows:
        found = run(name, **parameters)
        if not ended:
            ended.append(record(claim, Succeeded()))
        return found

    monkeypatch.setattr(chain_facts_module, "run", end_meanwhile)
    facts = chain_facts(first.id)
    assert facts is not None
    assert (facts["state"], facts["done"], len(facts["jobs"])) == (
        ChainState.RUNNING,
        1,
        len(notes(3)),
    )
    assert [one["state"] for one in facts["jobs"]][:2] == ["succeeded", "queued"]
