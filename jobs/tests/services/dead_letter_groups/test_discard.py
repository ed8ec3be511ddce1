"""A whole group is discarded: all that waited, once, by whom and why; nothing that came later."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from jobs.core.outcome import FailedForGood
from jobs.core.states import JobState, Resolution
from jobs.models import DeadLetter, Event, Job
from jobs.services.dead_letter_groups import discard, group_discard, group_of
from jobs.services.dead_letters import dead_letter_replay
from jobs.services.verification.database import database_checks
from jobs.sql.statements import database_now
from jobs.tests.factories import make_job, make_user
from jobs.tests.steps import die, error, interrupt
from jobs.tests.threads import at_once, elsewhere
from jobs.tests.violations import found

pytestmark = pytest.mark.django_db(transaction=True)


def dies(text: str = "refused", **fields: Any) -> DeadLetter:
    return die(make_job(**fields), FailedForGood(error(text)))


def discarded() -> int:
    return DeadLetter.objects.filter(resolution=Resolution.DISCARDED).count()


@pytest.mark.parametrize("slice_size", [2, 2_000])
def test_all_that_waits_is_discarded_with_one_event(
    monkeypatch: pytest.MonkeyPatch, slice_size: int
) -> None:
    monkeypatch.setattr(discard, "SLICE", slice_size)
    ann = make_user(username="ann")
    letters = [dies() for _ in range(5)]
    other = dies("something else")
    replayed = dies()
    dead_letter_replay(dead_letter_id=replayed.id, resolved_by_id=None)
    fingerprint = letters[0].fingerprint

    done = group_discard(fingerprint=fingerprint, resolved_by_id=ann.pk, reason="shop is closed")

    assert done == (5, 0)
    assert group_of(fingerprint) is None
    assert set(DeadLetter.objects.waiting()) == {other}
    letter = DeadLetter.objects.get(pk=letters[0].pk)
    assert (letter.resolved_by_id, letter.resolved_by_name) == (ann.pk, "ann")
    assert letter.resolved_at is not None
    [event] = Event.objects.about("dead_letter_group", fingerprint)
    assert (event.action, event.reason) == ("dead_letter_group.discarded", "shop is closed")
    assert (event.actor_name, event.after["waiting"]) == ("ann", 5)
    assert Job.objects.get(pk=letter.job_id).state == JobState.DEAD
    assert found(database_checks()) == {}
    assert group_discard(fingerprint=fingerprint, resolved_by_id=None) == (0, 0)
    assert Event.objects.about("dead_letter_group", fingerprint).count() == 1


def test_what_dies_later_is_no_part_of_it_and_neither_are_others_letters() -> None:
    ann = make_user()
    mine, seen = dies(submitted_by_id=ann.pk), dies()
    until = database_now()
    later = dies(submitted_by_id=ann.pk)
    fingerprint = mine.fingerprint
    of_ann = group_discard(
        fingerprint=fingerprint, until=until, resolved_by_id=ann.pk, clients=[ann.pk]
    )
    assert of_ann == (1, 0)
    assert set(DeadLetter.objects.waiting()) == {seen, later}
    assert group_discard(fingerprint=fingerprint, until=until, resolved_by_id=None) == (1, 0)
    assert set(DeadLetter.objects.waiting()) == {later}
    before = until - timedelta(hours=1)
    assert group_discard(fingerprint=fingerprint, until=before, resolved_by_id=None) == (0, 0)


def test_a_job_that_waits_for_the_key_of_one_is_woken() -> None:
    claim, letter = interrupt(make_job(type="tests.note_once", idempotency_key="order-7"))
    woken: list[list[str]] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(discard, "jobs_wake_after_commit", lambda keys: woken.append(list(keys)))
        group_discard(fingerprint=letter.fingerprint, resolved_by_id=None)
    assert woken == [[claim.effect_key]]


def test_what_another_decision_holds_is_left_and_what_time_is_too_short_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    letters = [dies() for _ in range(3)]
    ask = partial(group_discard, fingerprint=letters[0].fingerprint, resolved_by_id=None)
    with transaction.atomic():
        DeadLetter.objects.select_for_update().get(pk=letters[1].pk)
        assert elsewhere(ask) == (2, 1)
    assert ask(seconds=0.0) == (0, 1)
    monkeypatch.setattr(discard, "TOGETHER_SECONDS", 0.0)
    with transaction.atomic():
        assert ask() == (0, 1)
    assert ask() == (1, 0)


def test_two_at_once_discard_each_once() -> None:
    letters = [dies() for _ in range(6)]
    ask = partial(group_discard, fingerprint=letters[0].fingerprint, resolved_by_id=None)
    results = at_once(ask, ask)
    assert sum(one.discarded for one in results) == discarded() == 6


def test_an_unknown_group_is_said() -> None:
    with pytest.raises(DeadLetter.DoesNotExist):
        group_discard(fingerprint="0" * 16, resolved_by_id=None)
