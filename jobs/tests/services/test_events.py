"""What people do is written down, with them, in their transaction, and for good."""

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from jobs.core.actor import ACTOR_NAME_MAX, Actor, actor_of
from jobs.core.ids import uuid7
from jobs.core.request_id import current_request_id
from jobs.models import Event, Job
from jobs.services.cancel import job_cancel
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay
from jobs.services.events import actor_with_id, event_record
from jobs.tests.factories import make_job, make_user
from jobs.tests.steps import claim_one, die

pytestmark = pytest.mark.django_db(transaction=True)

ROSE = Actor("7", "rose")


def record(**fields: Any) -> Event:
    subject_id = fields.pop("subject_id", uuid7())
    return event_record(action="job.cancelled", subject_type="job", subject_id=subject_id, **fields)


@transaction.atomic
def record_and_fail() -> None:
    record()
    raise RuntimeError


def test_an_event_has_everything_that_was_said() -> None:
    job_id = uuid7()
    token = current_request_id.set("3f2a")
    record(subject_id=job_id, actor=ROSE, reason="double", before={"a": 1}, after={"a": 2})
    current_request_id.reset(token)
    event = Event.objects.about("job", job_id).get()
    assert (event.actor_id, event.actor_name, event.action) == ("7", "rose", "job.cancelled")
    assert (event.reason, event.before, event.after) == ("double", {"a": 1}, {"a": 2})
    assert event.request_id == "3f2a"
    assert event.at is not None


def test_an_event_goes_with_the_transaction_of_what_was_done() -> None:
    with pytest.raises(RuntimeError):
        record_and_fail()
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda: Event.objects.update(actor_name="somebody else"),
        lambda: Event.objects.all().delete(),
        lambda: Event.objects.get().delete(),
        lambda: Event.objects.get().save(),
    ],
    ids=["update", "delete", "delete one", "save"],
)
def test_an_event_can_neither_be_changed_nor_deleted(change: Callable[[], object]) -> None:
    record(actor=ROSE)
    with pytest.raises(IntegrityError, match="append-only"):
        change()
    assert Event.objects.get().actor_name == "rose"


def test_the_protection_can_be_taken_back_and_put_on_again() -> None:
    migration = importlib.import_module("jobs.migrations.0012_events")
    record()
    with connection.cursor() as cursor:
        cursor.execute(migration.UNDO)
        Event.objects.update(actor_name="x")
        cursor.execute(migration.APPEND_ONLY)
    with pytest.raises(IntegrityError):
        Event.objects.update(actor_name="y")


def test_the_actor_stays_when_the_account_is_gone() -> None:
    user = make_user(username="ann")
    letter = die(make_job())
    dead_letter_discard(dead_letter_id=letter.id, resolved_by_id=user.pk, reason="known bug")
    pk = str(user.pk)
    user.delete()
    event = Event.objects.about("dead_letter", letter.id).get()
    assert (event.actor_id, event.actor_name, event.reason) == (pk, "ann", "known bug")
    assert actor_with_id(pk) == Actor(pk)


def test_a_replay_and_a_discard_are_events() -> None:
    letters = [die(make_job()), die(make_job())]
    dead_letter_replay(dead_letter_id=letters[0].id, resolved_by_id=None)
    dead_letter_discard(dead_letter_id=letters[1].id, resolved_by_id=None)
    for letter, resolution in zip(letters, ("replayed", "discarded"), strict=True):
        event = Event.objects.about("dead_letter", letter.id).get()
        assert event.action == f"dead_letter.{resolution}"
        assert event.before == {"resolution": "", "job": str(letter.job_id)}
        assert event.after == {"resolution": resolution, "job": str(letter.job_id)}


def cancel(job: Job, actor: Actor) -> Event:
    job_cancel(job_id=job.id, actor=actor, reason="wrong month")
    return Event.objects.about("job", job.id)[0]


def test_a_cancellation_is_an_event() -> None:
    event = cancel(make_job(), actor_of(make_user(username="ann")))
    assert (event.action, event.actor_name, event.reason) == ("job.cancelled", "ann", "wrong month")
    assert event.before == {"state": "queued", "cancel_requested": False}
    assert event.after == {"state": "cancelled", "cancel_requested": True}


def test_the_wish_to_stop_a_running_job_is_one_event_however_often_it_is_said() -> None:
    job = make_job()
    claim_one(job)
    event = cancel(job, ROSE)
    assert event.after == {"state": "running", "cancel_requested": True}
    assert cancel(job, Actor("8", "lily")) == event
    assert Event.objects.count() == 1


def test_a_name_of_any_length_is_kept() -> None:
    """As far as its column goes: it must not undo what was decided."""
    job = make_job()
    name = "n" * 300
    assert cancel(job, Actor("7", name)).actor_name == name[:ACTOR_NAME_MAX]
    job.refresh_from_db()
    assert job.cancelled_by == name
