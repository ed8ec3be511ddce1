"""The verifier finds every promise that is broken, and calls nothing broken that is not."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from jobs.broker import get_broker
from jobs.core.clock import HOUR_SECONDS
from jobs.core.ids import uuid7
from jobs.core.limit import LimitRule
from jobs.core.states import JobState
from jobs.models import (
    DeadLetter,
    DeadLetterCount,
    Job,
    Limit,
    ProcessedKey,
    Redrive,
    Slot,
    Worker,
)
from jobs.models.moments import seconds_ago
from jobs.services.limits.change import limit_set
from jobs.services.maintenance.admit import jobs_admit_due
from jobs.services.verification.database import database_checks
from jobs.services.verification.report import jobs_verify
from jobs.sql.statements import statement
from jobs.tests.factories import make_job, make_worker
from jobs.tests.sources import ROOT
from jobs.tests.steps import claim_one, die, silence, succeed
from jobs.tests.violations import (
    by_text,
    change,
    due_and_not_fired,
    found,
    known_to_redis_alone,
    make_one_of_each,
    marked_as_done_and_released,
    marked_as_done_and_unknown,
    marked_as_done_but_queued,
    redrive_die_again,
    skip,
    two_jobs_of_one_fire_time,
    unknown_to_redis,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("short_redispatch"),
]


def test_a_healthy_database_with_jobs_in_every_state_is_clean() -> None:
    make_one_of_each()
    assert set(Job.objects.values_list("state", flat=True)) == set(JobState.values)
    report = jobs_verify()
    assert found(report.checks) == {}
    assert all(check.rows > 0 for check in report.checks), report


def test_the_table_of_promises_has_every_check() -> None:
    page = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    table = page.partition("## The verifier")[2]
    named = set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))
    assert named == {check.name for check in jobs_verify().checks}


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


def succeeded_without_a_claim() -> None:
    job = make_job()
    succeed(job)
    change(job, worker_id=None)


def an_effect_key_that_is_the_id_of_another() -> None:
    change(make_job(), effect_key=str(uuid7()))


def success_of_an_attempt_that_failed() -> None:
    job = make_job()
    succeed(job)
    change(job, errors=[{"attempt": 1}])


def success_without_its_key() -> None:
    succeed(by_text())
    ProcessedKey.objects.all().delete()


def success_with_the_key_of_another() -> None:
    succeed(by_text())
    ProcessedKey.objects.update(job_id=uuid7())


def success_with_an_unprocessed_key() -> None:
    succeed(by_text())
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


def marked_as_done_by_another() -> None:
    job = make_job()
    succeed(job)
    get_broker().mark_done([(job.effect_key, uuid7())])


def admitted_without_a_slot() -> None:
    make_job(type="tests.note_limited")
    Slot.objects.all().delete()


def a_slot_of_a_job_that_has_ended() -> None:
    job = make_job()
    succeed(job)
    Slot.objects.create(job=job, limit_name="type:tests.note")


def a_slot_of_a_job_that_is_gone() -> None:
    Slot.objects.create(job_id=uuid7(), limit_name="type:tests.note")


def one_admitted_too_many() -> None:
    for _ in range(2):
        make_job(type="tests.note_limited")
    [held] = Job.objects.filter(held_by__isnull=False)
    Job.objects.filter(id=held.id).update(held_by=None)
    Slot.objects.create(job=held, limit_name="type:tests.note_limited")
    Limit.objects.update(set_at=seconds_ago(5))


def test_what_ran_when_a_limit_was_set_is_none_too_many() -> None:
    """Jobs that were claimed before they came under it, and others by its former rule."""
    limit_set(name="queue:default", rule=LimitRule(1))
    jobs = [make_job(), make_job()]
    Job.objects.update(limits=None, held_by=None)
    Slot.objects.all().delete()
    for job in jobs:
        claim_one(job)
    assert not violated("limits")
    Limit.objects.update(set_at=seconds_ago(5))
    jobs_admit_due()
    assert Slot.objects.count() == 2
    assert not violated("limits")
    Slot.objects.update(admitted_at=Now())
    assert violated("limits")
    Limit.objects.update(set_at=Now() - timedelta(seconds=0.5))
    assert not violated("limits")


def violated(name: str) -> int:
    return sum(check.violations for check in database_checks() if check.name == name)


def replayed_from_nothing() -> None:
    change(make_job(), replay_of=uuid7())


def a_redrive_that_counts_too_few() -> None:
    redrive_die_again()
    Redrive.objects.update(replayed=0, failed=0)


def a_group_that_counts_too_many() -> None:
    die(make_job())
    DeadLetterCount.objects.update(waiting=2)


@pytest.mark.parametrize(
    ("check", "corrupt"),
    [
        ("job_states", queued_in_the_hands_of_a_worker),
        ("job_states", queued_beyond_its_retries),
        ("job_states", succeeded_without_an_attempt),
        ("job_states", errors_of_attempts_that_never_were),
        ("job_states", succeeded_without_a_claim),
        ("job_states", an_effect_key_that_is_the_id_of_another),
        ("job_states", skipped_for_itself),
        ("key_owners", running_for_a_key_of_another),
        ("key_owners", two_successes_for_one_key),
        ("running", running_without_a_live_worker),
        ("running", running_for_nobody),
        ("succeeded", success_without_its_key),
        ("succeeded", success_with_the_key_of_another),
        ("succeeded", success_with_an_unprocessed_key),
        ("succeeded", success_of_an_attempt_that_failed),
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
        ("replays", replayed_from_nothing),
        ("redrives", a_redrive_that_counts_too_few),
        ("dead_letter_groups", a_group_that_counts_too_many),
        ("schedules", due_and_not_fired),
        ("schedules", two_jobs_of_one_fire_time),
        ("slots", admitted_without_a_slot),
        ("slots", a_slot_of_a_job_that_has_ended),
        ("slots", a_slot_of_a_job_that_is_gone),
        ("limits", one_admitted_too_many),
        ("dispatches", unknown_to_redis),
        ("unknown_jobs", known_to_redis_alone),
        ("done_cache_marks", marked_as_done_but_queued),
        ("done_cache_marks", marked_as_done_and_unknown),
        ("done_cache_marks", marked_as_done_and_released),
        ("done_cache_marks", marked_as_done_by_another),
    ],
)
def test_what_is_broken_is_found(
    check: str, corrupt: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The servers of the tests are young, and silence counts from their start.
    monkeypatch.setattr("jobs.services.verification.database.TOLERANCE_SECONDS", 0.0)
    monkeypatch.setattr(
        "jobs.services.verification.check.statement", without_the_start_of_the_server
    )
    corrupt()
    [violation] = [one for one in jobs_verify().checks if one.name == check and one.violations]
    assert len(violation.examples) == violation.violations == 1


def without_the_start_of_the_server(name: str) -> str:
    return statement(name).replace("pg_postmaster_start_time()", "'-infinity'")
