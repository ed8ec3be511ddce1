"""Migrations that change rows."""

import importlib

import pytest
from django.apps import apps
from django.db import connection

from jobs.core.states import JobState
from jobs.models import DeadLetter, Job, ProcessedKey
from jobs.models.moments import seconds_ago
from jobs.services.dead_letters import dead_letter_discard
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.verification.database import database_checks
from jobs.tests.factories import make_job, make_user
from jobs.tests.steps import claim_one, die, fail, stored, succeed

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_names_of_those_who_decided_before_are_kept() -> None:
    ann = make_user(username="ann")
    letters = [die(make_job()) for _ in range(3)]
    for letter, user in zip(letters, (ann, None), strict=False):
        dead_letter_discard(dead_letter_id=letter.id, resolved_by_id=user.pk if user else None)
    DeadLetter.objects.update(resolved_by_name="")

    migration = importlib.import_module("jobs.migrations.0006_resolved_by_name")
    migration.keep_names(apps, None)

    names = dict(DeadLetter.objects.values_list("id", "resolved_by_name"))
    assert [names[letter.id] for letter in letters] == ["ann", "", ""]


OLD = "tests.note:order-1"


def old_job() -> Job:
    """A job of a client of its own, with the key that all clients shared."""
    job = make_job(idempotency_key="order-1", submitted_by_id=make_user().id)
    Job.objects.filter(id=job.id).update(effect_key=OLD)
    return job


def migrate_keys() -> None:
    migration = importlib.import_module("jobs.migrations.0007_keys_of_clients")
    with connection.schema_editor(atomic=False) as schema_editor:
        migration.name_clients(apps, schema_editor)
        migration.unquote_welcomes(apps, schema_editor)


def verified() -> bool:
    return not any(check.violations for check in database_checks())


def own_key(job: Job) -> str:
    return f":tests.note:order-1:{job.submitted_by_id}"


def test_a_key_that_clients_shared_becomes_that_of_the_one_whose_job_did_it() -> None:
    done, waiting, skipped = old_job(), old_job(), old_job()
    succeed(done)
    jobs_resolve_key_conflicts(job_ids=[skipped.id])
    migrate_keys()
    migrate_keys()  # again after a failure
    assert stored(done).effect_key == stored(skipped).effect_key == own_key(done)
    assert list(ProcessedKey.objects.values_list("key", "job_id")) == [(own_key(done), done.id)]
    assert stored(waiting).effect_key == own_key(waiting)
    assert verified()
    assert claim_one(waiting)


def test_a_job_that_may_be_attempted_again_keeps_the_key_that_other_systems_know() -> None:
    job = old_job()
    fail(job)
    migrate_keys()
    assert stored(job).effect_key == OLD
    succeed(job)
    assert verified()


def test_keys_that_a_type_derives_and_keys_without_their_job_stay_as_they_are() -> None:
    # Its idempotency key happens to read as what its type derives.
    derived = make_job(type="tests.note_by_text", payload={"text": "ann"}, idempotency_key="ann")
    gone = ProcessedKey.objects.create(key=OLD, job_id=derived.id, processed_at=seconds_ago(1))
    migrate_keys()
    assert stored(derived).effect_key == "tests.note_by_text:ann"
    gone.refresh_from_db()


QUOTED, PLAIN = 'send_welcome_email:"ann"@example.com', "send_welcome_email:ann@example.com"


def welcome(key: str) -> Job:
    job = make_job(type="send_welcome_email", payload={"email": "ann@example.com"})
    Job.objects.filter(id=job.id).update(effect_key=key)
    return stored(job)


@pytest.mark.parametrize("is_pruned", [False, True])
def test_a_mailbox_that_was_welcomed_in_quotes_is_not_welcomed_again(is_pruned: bool) -> None:
    done, waiting, quoted_waiting = welcome(QUOTED), welcome(PLAIN), welcome(QUOTED)
    succeed(done)
    fail(waiting)  # so it has a key, which is not processed
    if is_pruned:
        Job.objects.filter(id=done.id).delete()
    migrate_keys()
    assert list(ProcessedKey.objects.values_list("key", "job_id")) == [(PLAIN, done.id)]
    assert verified()
    assert jobs_resolve_key_conflicts(job_ids=[waiting.id, quoted_waiting.id]) == 2
    assert stored(waiting).state == stored(quoted_waiting).state == JobState.SKIPPED
    assert verified()


def test_a_mailbox_that_was_welcomed_in_both_spellings_keeps_both_keys() -> None:
    both = [welcome(QUOTED), welcome(PLAIN)]
    for job in both:
        succeed(job)
    migrate_keys()
    assert {*ProcessedKey.objects.values_list("key", flat=True)} == {QUOTED, PLAIN}
    assert verified()
