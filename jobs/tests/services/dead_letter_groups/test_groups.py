"""Waiting dead letters by the fingerprint of their error: always as many as there are."""

import random
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from jobs.core.outcome import FailedForGood, Succeeded
from jobs.core.redrive_errors import UnknownPerson
from jobs.models import DeadLetter, DeadLetterCount, DeadLetterGroup, Event, Job
from jobs.models.moments import seconds_ago
from jobs.services.dead_letter_groups import (
    Group,
    group_assign,
    group_mute,
    group_note,
    group_of,
    group_unmute,
    groups_now,
)
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay
from jobs.services.maintenance.fold_dead_letter_counts import jobs_fold_dead_letter_counts
from jobs.services.maintenance.prune import jobs_prune
from jobs.services.maintenance.repair import jobs_repair
from jobs.services.verification.database import database_checks
from jobs.tests.factories import allow, make_job, make_user
from jobs.tests.steps import die, error, interrupt, record
from jobs.tests.threads import at_once
from jobs.tests.violations import found

pytestmark = pytest.mark.django_db(transaction=True)


def dies(text: str, **fields: Any) -> DeadLetter:
    return die(make_job(**fields), FailedForGood(error(text)))


def counts(**asked: Any) -> dict[str, int]:
    """By the last error, how many wait."""
    return {one.error: one.count for one in groups_now(**asked).groups}


def replay(letter: DeadLetter) -> None:
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)


def discard(letter: DeadLetter) -> None:
    dead_letter_discard(dead_letter_id=letter.id, resolved_by_id=None)


def test_a_group_has_what_a_person_needs_to_choose_one() -> None:
    ann = make_user(username="ann")
    first = dies("no such mailbox 17", submitted_by_id=ann.pk)
    last = dies("no such mailbox 23")
    dies("refused", queue="bulk")
    [mailbox, refused] = groups_now().groups
    assert (mailbox.count, mailbox.type, mailbox.last_id) == (2, "tests.note", last.id)
    assert mailbox.error == "RuntimeError: no such mailbox 23"
    assert (mailbox.first_seen, mailbox.last_seen) == (first.created_at, last.created_at)
    assert mailbox.fingerprint == first.fingerprint == last.fingerprint
    assert list(mailbox.clients) == [ann.pk]
    assert sum(mailbox.trend) == 2
    assert len(mailbox.trend) == 24
    assert (refused.queue, refused.reason) == ("bulk", "permanent")
    assert group_of(mailbox.fingerprint) == mailbox
    assert group_of("0" * 16) is None


def test_each_way_to_stop_waiting_is_counted() -> None:
    claim, _ = interrupt(make_job(type="tests.note_once"))
    letters = [dies("refused") for _ in range(4)]
    assert counts()["RuntimeError: refused"] == 4
    replay(letters[0])
    discard(letters[1])
    record(claim, Succeeded())  # settles
    DeadLetter.objects.filter(id=letters[2].id).delete()
    assert counts() == {"RuntimeError: refused": 1}
    assert "dead_letter_groups" not in found(database_checks())
    DeadLetter.objects.filter(id=letters[3].id).update(fingerprint="0" * 16)
    assert groups_now().groups[0].fingerprint == "0" * 16
    assert "dead_letter_groups" not in found(database_checks())


def test_what_is_undone_counts_nothing() -> None:
    letter = dies("refused")
    with transaction.atomic():
        discard(letter)
        transaction.set_rollback(True)
    assert counts() == {"RuntimeError: refused": 1}


def test_what_is_pruned_stays_in_the_trend() -> None:
    discard(dies("refused"))
    dies("refused")
    Job.objects.update(id=F("id"), finished_at=seconds_ago(366 * 86_400))
    DeadLetter.objects.filter(resolution="discarded").delete()
    jobs_prune()
    [group] = groups_now().groups
    assert (group.count, sum(group.trend)) == (1, 2)


def test_folding_changes_no_count_and_leaves_a_row_for_each_hour() -> None:
    letters = [dies(text) for text in ("refused", "refused", "gone", "gone")]
    jobs_fold_dead_letter_counts()
    replay(letters[0])
    discard(letters[3])
    before = groups_now()
    assert jobs_fold_dead_letter_counts().count >= 2
    assert groups_now() == before
    assert DeadLetterCount.objects.count() == 2
    assert jobs_fold_dead_letter_counts().count == 0


def test_hours_of_days_ago_become_days_and_still_count() -> None:
    letter = dies("refused")
    DeadLetter.objects.update(created_at=F("created_at") - timedelta(days=5))
    assert jobs_fold_dead_letter_counts().count > 0
    replay(letter)
    jobs_fold_dead_letter_counts()
    dies("refused")
    assert counts() == {"RuntimeError: refused": 1}
    assert found(database_checks()) == {}


def test_many_at_once_lose_no_count() -> None:
    letters = [dies("refused") for _ in range(12)]

    def work(letter: DeadLetter) -> None:
        random.choice([replay, discard])(letter)
        jobs_fold_dead_letter_counts()
        dies("refused")

    at_once(*[partial(work, letter) for letter in letters])
    assert counts() == {"RuntimeError: refused": 12}
    assert found(database_checks()) == {}


def test_wrong_counts_are_found_and_put_right() -> None:
    dies("refused")
    DeadLetterCount.objects.update(waiting=3)
    assert found(database_checks()) == {"dead_letter_groups": 1}
    assert jobs_repair().groups_counted == 1
    assert counts() == {"RuntimeError: refused": 1}
    assert found(database_checks()) == {}
    assert jobs_repair().groups_counted == 0


def test_dead_letters_without_a_fingerprint_get_one() -> None:
    [letter, other] = [dies("refused"), dies("refused")]
    fingerprint = letter.fingerprint
    DeadLetter.objects.filter(id=letter.id).update(fingerprint="")
    DeadLetter.objects.filter(id=other.id).update(fingerprint="", attempts=[])
    assert counts() == {"RuntimeError: refused": 2}
    jobs_fold_dead_letter_counts()
    found_now = {one.fingerprint: one.count for one in groups_now().groups}
    assert found_now[fingerprint] == 1
    assert len(found_now) == 2


def test_orders_filters_and_pages() -> None:
    for text in ("early", "early", "late"):
        dies(text)
    dies("other", type="tests.note_once")
    DeadLetter.objects.filter(error__endswith="early").update(
        created_at=F("created_at") - timedelta(hours=2)
    )

    def errors(**asked: Any) -> list[str]:
        return [one.error.split()[1] for one in groups_now(**asked).groups]

    assert errors(order="first_seen") == ["other", "late", "early"]
    assert errors()[0] == "early"
    assert errors(job_type="tests.note_once") == ["other"]
    page = groups_now(first=1, limit=1, order="last_seen")
    assert [one.error.split()[1] for one in page.groups] == ["late"]
    assert (page.total, page.is_capped) == (3, False)


def test_a_client_sees_its_own_alone() -> None:
    ann = make_user(username="ann")
    dies("refused")
    own = [dies("refused", submitted_by_id=ann.pk) for _ in range(2)]
    replay(own[0])
    [group] = groups_now(clients=[ann.pk]).groups
    assert (group.count, list(group.clients), sum(group.trend)) == (1, [ann.pk], 2)
    assert group.last_id == own[1].id
    assert groups_now(clients=[ann.pk], job_type="tests.note_once").groups == []


def only() -> Group:
    [group] = groups_now().groups
    return group


def test_a_muted_group_is_shown_again_when_it_has_grown() -> None:
    fingerprint = dies("refused").fingerprint
    group_mute(fingerprint=fingerprint, growth=2, reason="known since May")
    assert (only().is_muted, only().muted_until) == (True, 3)
    assert groups_now(muted=False).groups == []
    jobs_fold_dead_letter_counts()
    dies("refused")
    assert only().is_muted
    letter = dies("refused")
    assert groups_now(muted=False).groups == [only()]
    jobs_fold_dead_letter_counts()
    replay(letter)
    assert not only().is_muted  # also if it shrinks
    events = [
        (one.action, one.reason) for one in Event.objects.about("dead_letter_group", fingerprint)
    ]
    assert events == [
        ("dead_letter_group.unmuted", "it has grown to 3"),
        ("dead_letter_group.muted", "known since May"),
    ]
    group_mute(fingerprint=fingerprint, growth=2)
    group_unmute(fingerprint=fingerprint)
    assert not only().is_muted


def test_a_group_is_assigned_and_has_notes() -> None:
    fingerprint = dies("refused").fingerprint
    allow(make_user(username="ann"), "view_deadletter")
    make_user(username="bob")
    group_assign(fingerprint=fingerprint, assigned_to="ann")
    assert only().assigned_to == "ann"
    assert groups_now(assigned_to="ann").total == 1
    assert groups_now(assigned_to="bob").total == 0
    for name in ("bob", "nobody"):
        with pytest.raises(UnknownPerson, match="give the name of one"):
            group_assign(fingerprint=fingerprint, assigned_to=name)
    group_assign(fingerprint=fingerprint, assigned_to="")
    group_note(fingerprint=fingerprint, note="asked the provider")
    actions = [one.action for one in Event.objects.about("dead_letter_group", fingerprint)]
    assert actions == [
        "dead_letter_group.noted",
        "dead_letter_group.assigned",
        "dead_letter_group.assigned",
    ]
    with pytest.raises(DeadLetter.DoesNotExist):
        group_assign(fingerprint="0" * 16, assigned_to="ann")
    assert DeadLetterGroup.objects.count() == 1
