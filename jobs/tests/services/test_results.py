"""Results are written with the success, and with nothing else; shown masked; pruned by age."""

import pytest
from django.db import Error
from pytest_django.fixtures import Settings

from jobs.core.errors import LeaseLost
from jobs.core.finished import Finished
from jobs.core.outcome import CutOff, Failed, Outcome, Succeeded
from jobs.core.result import Result
from jobs.core.states import JobState
from jobs.models import Job, JobResult
from jobs.models.moments import seconds_ago
from jobs.services import attempts
from jobs.services.attempts import job_succeed_in_transaction, jobs_record
from jobs.services.maintenance.prune import jobs_prune
from jobs.services.results import ShownResult, job_result
from jobs.tests.factories import make_job
from jobs.tests.steps import claim_one, error, record, start_one, stored
from jobs.tests.violations import by_text

pytestmark = pytest.mark.django_db(transaction=True)

RESULT = Result('{"sent": 3}')


def succeed_with(result: Result | None) -> Job:
    job = make_job()
    assert record(claim_one(job), Succeeded(result=result)).written
    return stored(job)


def test_a_result_is_kept_with_the_success() -> None:
    assert job_result(succeed_with(RESULT)) == ShownResult({"sent": 3}, "")


def test_a_handler_that_returns_nothing_leaves_no_row() -> None:
    assert job_result(succeed_with(None)) is None
    assert not JobResult.objects.exists()


def test_what_could_not_be_kept_is_said() -> None:
    assert job_result(succeed_with(Result(None, "not kept"))) == ShownResult(None, "not kept")


def test_a_batch_of_all_outcomes_keeps_the_results_of_the_successes() -> None:
    jobs = [make_job() for _ in range(4)]
    claims = [claim_one(job) for job in jobs]
    outcomes: list[Outcome] = [
        Succeeded(result=Result("1")),
        Failed(error()),
        Succeeded(),
        Succeeded(result=RESULT),
    ]
    jobs_record(finished=[Finished(*pair) for pair in zip(claims, outcomes, strict=True)])
    assert dict(JobResult.objects.values_list("job_id", "value")) == {
        jobs[0].id: 1,
        jobs[3].id: {"sent": 3},
    }


def test_an_attempt_that_was_taken_away_leaves_no_result() -> None:
    job = make_job()
    claim = claim_one(job)
    record(claim, Failed(error(), after_seconds=0))
    claim_one(job)
    assert not record(claim, Succeeded(result=RESULT)).written
    assert not JobResult.objects.exists()


def test_a_late_success_keeps_its_result() -> None:
    job = by_text()
    claim = start_one(job)
    record(claim, CutOff(error()))
    assert record(claim, Succeeded(result=RESULT)).written
    assert job_result(stored(job)) == ShownResult({"sent": 3}, "")


def test_success_and_result_are_written_together(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise Error("no")

    monkeypatch.setattr(attempts, "results_write", fail)
    job = make_job()
    claim = claim_one(job)
    with pytest.raises(Error):
        jobs_record(finished=[Finished(claim, Succeeded(result=RESULT))])
    assert stored(job).state == JobState.RUNNING


def test_a_transactional_handler_keeps_its_result_in_its_transaction() -> None:
    job = make_job()
    job_succeed_in_transaction(claim=claim_one(job), result=RESULT)
    assert job_result(stored(job)) == ShownResult({"sent": 3}, "")


def test_a_transactional_handler_that_lost_its_attempt_keeps_none() -> None:
    job = make_job()
    claim = claim_one(job)
    record(claim, Failed(error()))
    with pytest.raises(LeaseLost):
        job_succeed_in_transaction(claim=claim, result=RESULT)
    assert not JobResult.objects.exists()


def test_sensitive_fields_are_masked_at_every_depth() -> None:
    job = succeed_with(Result('{"text": "a", "secret": "s", "list": [{"secret": {"b": 1}}]}'))
    assert job_result(job) == ShownResult(
        {"text": "a", "secret": "********", "list": [{"secret": "********"}]}, ""
    )


def test_of_an_unknown_type_nothing_is_shown() -> None:
    job = succeed_with(RESULT)
    job.type = "gone"
    assert job_result(job) == ShownResult("********", "")


def test_results_are_pruned_before_their_jobs(settings: Settings) -> None:
    settings.JOBS_RESULT_RETENTION_DAYS = 1.0
    old, new = succeed_with(RESULT), succeed_with(RESULT)
    JobResult.objects.filter(job_id=old.id).update(created_at=seconds_ago(2 * 86_400))
    jobs_prune()
    assert [one.job_id for one in JobResult.objects.all()] == [new.id]
    assert Job.objects.count() == 2
