"""What needs a person is told once, in words, with what to do; what goes well is not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from pytest_django.fixtures import Settings

from jobs.broker.redis import RedisBroker
from jobs.models import DeadLetter, Job, Queue, Schedule, Worker
from jobs.models.moments import seconds_ago
from jobs.services.dead_letter_groups import group_mute
from jobs.services.overview import Need, needs_now
from jobs.services.queues import queue_pause
from jobs.services.queues_now import queues_now
from jobs.tests.factories import make_job, make_worker
from jobs.tests.scheduling import make_schedule
from jobs.tests.steps import die

pytestmark = pytest.mark.django_db


def needs() -> list[Need]:
    return needs_now(queues_now())


def words() -> list[str]:
    return [need.words for need in needs()]


@pytest.fixture
def old_job() -> Callable[..., Job]:
    """Makes jobs that have been ready for a minute."""

    def make(**fields: Any) -> Job:
        job = make_job(**fields)
        moment = seconds_ago(60)
        Job.objects.filter(id=job.id).update(run_at=moment, dispatched_at=moment)
        return job

    return make


def test_nothing_is_told_while_all_is_well() -> None:
    make_worker()
    make_job()
    make_schedule()
    assert needs() == []


def test_dead_letters_are_told_by_kind() -> None:
    letter, _ = die(make_job()), die(make_job())
    die(make_job(type="tests.note_once"))

    found = needs()

    assert [need.words.split(" of ")[0] for need in found] == ["2 dead letters", "1 dead letter"]
    assert found[0].subject == "deadletter"
    assert found[0].filters == {"type": "tests.note", "fingerprint": letter.fingerprint}
    assert found[0].group == letter.fingerprint
    assert found[0].since == letter.created_at
    assert all(need.is_urgent for need in found)


def test_a_muted_group_needs_nobody_until_it_has_grown() -> None:
    letter = die(make_job())
    group_mute(fingerprint=letter.fingerprint, growth=2)
    assert needs() == []
    die(make_job())
    assert needs() == []
    die(make_job())
    assert [need.words.split(" of ")[0] for need in needs()] == ["3 dead letters"]


def test_every_letter_of_a_kind_is_counted_and_other_kinds_are_not_forgotten() -> None:
    """The counts are those of the groups, however many dead letters came after."""
    letter = die(make_job())
    more = [copy_of(letter, f"kind-{number % 7}") for number in range(70)]
    DeadLetter.objects.bulk_create(more)
    found = needs()
    assert [need.words.split(" of ")[0] for need in found[:-1]] == ["10 dead letters"] * 5
    assert (found[-1].words, found[-1].group) == ("3 more kinds of dead letters", "")


def copy_of(letter: DeadLetter, fingerprint: str) -> DeadLetter:
    """A dead letter of another kind, and of another job."""
    return DeadLetter(
        job=make_job(),
        type=letter.type,
        queue=letter.queue,
        payload={},
        reason=letter.reason,
        error=letter.error,
        fingerprint=fingerprint,
        attempt=1,
    )


def test_a_schedule_that_fails_or_did_not_fire_is_told() -> None:
    schedule = make_schedule(name="nightly")
    Schedule.objects.filter(pk=schedule.pk).update(error="no such queue")
    late = make_schedule(name="hourly")
    Schedule.objects.filter(pk=late.pk).update(due_at=seconds_ago(60))

    assert words() == [
        "the schedule nightly fails: no such queue",
        "1 schedule did not fire in time, hourly first",
    ]
    Schedule.objects.update(paused=True)
    assert needs() == []


def test_without_any_worker_one_sentence_is_told(old_job: Callable[..., Job]) -> None:
    old_job()
    assert words() == ["no worker is live, and jobs wait in default"]


def test_a_queue_without_a_worker_is_told(old_job: Callable[..., Job]) -> None:
    worker = make_worker()
    Worker.objects.filter(pk=worker.pk).update(queues=["emails"])
    old_job()
    [need] = needs()
    assert need.words == "no live worker serves the queue default; 1 job waits"
    assert "--queues default" in need.advice
    assert need.subject == "worker"


def test_a_type_that_nobody_knows_is_told(old_job: Callable[..., Job]) -> None:
    worker = make_worker()
    Worker.objects.filter(pk=worker.pk).update(types=["tests.other"])
    old_job(priority=7)
    [need] = needs()
    assert (
        need.words == "no live worker knows the type tests.note, and jobs of it are next in default"
    )
    assert need.filters == {"state": "queued", "queue": "default"}


def test_a_pause_is_told_only_while_jobs_wait() -> None:
    make_worker()
    queue_pause(name="default", reason="the mail server is away")
    assert needs() == []
    make_job()
    [need] = needs()
    assert need.words == "the queue default is paused: the mail server is away; 1 job waits"
    assert not need.is_urgent


def test_what_redis_has_lost_is_told(
    old_job: Callable[..., Job], broker: RedisBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.services.overview.needs.MISSING_MARGIN", 1)
    make_worker()
    for _ in range(3):
        old_job()
    broker.forget_everything()
    assert words() == ["Redis has 0 of the 3 jobs that are ready in default"]


def test_a_redis_that_may_evict_is_told(broker: RedisBroker) -> None:
    facts = broker.server_facts()
    for policy, told in (("allkeys-lru", True), ("noeviction", False)):
        found = replace(facts, max_bytes=1_000_000, eviction_policy=policy)
        with patch.object(RedisBroker, "server_facts", lambda self, found=found: found):
            assert any("may evict" in text for text in words()) is told


def test_a_redis_that_does_not_answer_is_told(settings: Settings, redis_away: None) -> None:
    Queue.objects.get_or_create(name="default")
    [need] = needs()
    assert need.words.startswith("Redis does not answer")
