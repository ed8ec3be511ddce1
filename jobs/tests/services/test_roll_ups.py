"""What has ended is counted, exactly if its outcome is written."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import F

from jobs.core.histogram import BOUNDS
from jobs.core.outcome import Failed, NotStarted, Succeeded
from jobs.models import Job, RollUp
from jobs.models.moments import seconds_ago
from jobs.models.roll_up import DAY, HOUR, MINUTE, MONTH
from jobs.services.cancel import job_cancel
from jobs.services.maintenance.expire import jobs_expire_overdue
from jobs.services.maintenance.fold_roll_ups import jobs_fold_roll_ups
from jobs.services.roll_ups import totals_now
from jobs.sql.statements import database_now
from jobs.tests.factories import make_job
from jobs.tests.steps import claim_one, die, error, record, start_one, succeed

pytestmark = pytest.mark.django_db(transaction=True)


def counts() -> dict[str, int]:
    """By outcome."""
    return {one.outcome: one.total for one in totals_now().ended}


def test_each_way_to_end_is_counted_once() -> None:
    succeed(make_job())
    die(make_job())
    assert record(start_one(make_job()), Failed(error())).written
    job_cancel(job_id=make_job().id)
    make_job(expires_in_seconds=60)
    Job.objects.filter(expires_at__isnull=False).update(expires_at=seconds_ago(1))
    jobs_expire_overdue()
    assert counts() == {
        "succeeded": 1,
        "dead": 1,
        "retried": 1,
        "cancelled": 1,
        "expired": 1,
    }


def test_a_job_that_is_asked_to_stop_and_fails_is_cancelled_not_retried() -> None:
    claim = start_one(make_job())
    job_cancel(job_id=claim.id)
    record(claim, Failed(error()))
    assert counts() == {"cancelled": 1}


def test_what_is_given_back_has_not_ended() -> None:
    record(claim_one(make_job()), NotStarted())
    assert counts() == {}


def test_an_outcome_that_is_fenced_off_is_not_counted() -> None:
    claim = start_one(make_job())
    assert not record(claim._replace(attempt=claim.attempt + 1), Succeeded()).written
    assert counts() == {}


def test_a_transaction_that_is_undone_counts_nothing() -> None:
    job = make_job()
    with transaction.atomic():
        job_cancel(job_id=job.id)
        transaction.set_rollback(True)
    assert counts() == {}


def test_waits_and_run_times_fall_into_their_buckets() -> None:
    claim = start_one(make_job())
    Job.objects.filter(id=claim.id).update(
        claimed_at=seconds_ago(7), run_at=F("run_at") - timedelta(seconds=7.7)
    )
    record(claim, Succeeded())
    _, [wait], [run] = totals_now()
    assert wait.queue == run.queue == "default"
    assert BOUNDS[wait.counts.index(1) - 1] == 0.5  # 0.7 s: from 0.5 to 1
    assert BOUNDS[run.counts.index(1) - 1] == 5.0  # 7 s: from 5 to 10
    assert sum(wait.counts) == sum(run.counts) == 1
    assert wait.seconds == pytest.approx(0.7, abs=0.2)
    assert run.seconds == pytest.approx(7, abs=0.9)


def ended(number: int, begins_at: datetime, seconds: int = MINUTE) -> None:
    RollUp.objects.bulk_create(
        RollUp(
            begins_at=begins_at,
            seconds=seconds,
            queue="default",
            type="tests.note",
            outcome="succeeded",
            wait_bucket=one % 2,
            run_bucket=3,
            count=1,
            wait_seconds=0.25,
            run_seconds=None if one % 3 else 0.5,  # as a version before sums wrote
        )
        for one in range(number)
    )


def back(seconds: float) -> datetime:
    return (database_now() - timedelta(seconds=seconds)).replace(second=0, microsecond=0)


def test_folding_changes_no_sum() -> None:
    ended(10, back(10 * MINUTE))
    before = totals_now()
    assert jobs_fold_roll_ups().count == 10
    assert totals_now() == before
    assert RollUp.objects.count() == 2  # one for each bucket
    assert jobs_fold_roll_ups().count == 0


def test_the_present_minute_is_left_alone() -> None:
    ended(3, back(0))
    assert jobs_fold_roll_ups().count == 0


def test_minutes_become_hours_and_hours_days() -> None:
    ended(4, back(3 * DAY))
    jobs_fold_roll_ups()
    assert set(RollUp.objects.values_list("seconds", "begins_at__minute")) == {(HOUR, 0)}
    RollUp.objects.update(begins_at=back(20 * DAY).replace(minute=0))
    jobs_fold_roll_ups()
    assert set(RollUp.objects.values_list("seconds", "begins_at__hour")) == {(DAY, 0)}
    assert counts() == {"succeeded": 4}


def test_days_become_months_and_no_count_ever_falls() -> None:
    """Prometheus takes a counter that falls for one that began anew, and shows all of it as new."""
    first, last = back(200 * DAY).replace(day=1), back(200 * DAY).replace(day=28)
    ended(2, first, DAY)
    ended(3, last, DAY)
    ended(4, back(91 * DAY), DAY)
    jobs_fold_roll_ups()
    month = RollUp.objects.filter(seconds=MONTH, begins_at__month=first.month)
    assert sum(month.values_list("count", flat=True)) == 5
    assert counts() == {"succeeded": 9}
