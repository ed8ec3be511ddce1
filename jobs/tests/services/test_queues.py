"""Queues: their rows, pauses, and what is in each."""

import pytest
from django.db import IntegrityError
from pytest_django.fixtures import Settings

from jobs.core.actor import ACTOR_NAME_MAX, Actor
from jobs.core.errors import UnknownQueue
from jobs.models import Event, Job, Queue
from jobs.models.moments import seconds_ago
from jobs.services.queues import queue_pause, queue_resume, queues_declare
from jobs.services.queues_now import QueueNow, queues_now
from jobs.tests.factories import make_job, make_worker
from jobs.tests.paused_queues import paused_queue_names
from jobs.tests.steps import claim_one, dispatched_ago, succeed

pytestmark = pytest.mark.django_db(transaction=True)


ANN = Actor("7", "ann")


def now_of(name: str = "default") -> QueueNow:
    [queue] = [one for one in queues_now() if one.name == name]
    return queue


def test_every_queue_of_the_settings_is_there() -> None:
    assert [one.name for one in queues_now()] == ["default", "emails", "bulk"]


def test_jobs_are_counted_by_what_they_wait_for() -> None:
    succeed(make_job())
    claim_one(make_job())
    for priority in (0, 5, 9):
        make_job(priority=priority)
    make_job(delay_seconds=60)
    make_job(queue="bulk")
    now = now_of()
    assert (now.depth, now.delayed, now.in_flight, now.is_capped) == (3, 1, 1, False)


def test_the_age_is_that_of_the_job_that_could_have_run_for_longest() -> None:
    old, retried = make_job(priority=0), make_job(priority=9)
    Job.objects.filter(id=old.id).update(run_at=seconds_ago(500))
    Job.objects.filter(id=retried.id).update(created_at=seconds_ago(900), run_at=seconds_ago(9))
    dispatched_ago(old, 1)  # a redispatch makes no job younger
    assert now_of().oldest_ready_seconds == pytest.approx(500, abs=30)


def test_an_empty_queue_has_no_age() -> None:
    make_job(delay_seconds=60)
    assert now_of().oldest_ready_seconds is None


def test_counting_ends_at_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.services.queues_now.COUNTED", 2)
    for priority in (1, 1, 1, 2, 3):
        make_job(priority=priority)
    assert (now_of().depth, now_of().is_capped) == (2, True)


def test_migrations_and_workers_make_the_rows(settings: Settings) -> None:
    assert set(Queue.objects.values_list("name", flat=True)) == {"default", "emails", "bulk"}
    settings.JOBS_QUEUES = ["default", "reports"]
    make_worker()
    assert Queue.objects.filter(name="reports").exists()


def test_declaring_again_leaves_a_pause_alone() -> None:
    queue_pause(name="bulk", actor=ANN)
    queues_declare()
    assert paused_queue_names() == {"bulk"}


def test_a_pause_has_who_and_why_and_an_event() -> None:
    queue = queue_pause(name="bulk", actor=ANN, reason="migration")
    assert queue.pause_in_words == "the queue bulk is paused by ann: migration"
    event = Event.objects.about("queue", "bulk").get()
    assert (event.action, event.actor_name, event.reason) == ("queue.paused", "ann", "migration")
    assert (event.before["paused"], event.after["paused"]) == (False, True)


def test_the_end_of_a_pause_leaves_nothing_but_an_event() -> None:
    queue_pause(name="bulk", actor=ANN, reason="migration")
    queue = queue_resume(name="bulk", actor=Actor("8", "bob"), reason="done")
    assert queue.pause_in_words is None
    assert (queue.paused_at, queue.paused_by, queue.paused_reason) == (None, "", "")
    event = Event.objects.about("queue", "bulk")[0]
    assert (event.action, event.actor_name, event.reason) == ("queue.resumed", "bob", "done")
    assert event.before["paused_reason"] == "migration"


def test_a_second_pause_tells_the_newer_reason_and_keeps_the_moment() -> None:
    first = queue_pause(name="bulk", actor=ANN)
    second = queue_pause(name="bulk", reason="still")
    assert second.paused_at == first.paused_at
    assert second.pause_in_words == "the queue bulk is paused: still"


def test_resuming_what_is_not_paused_is_no_event() -> None:
    queue_resume(name="bulk")
    assert not Event.objects.exists()


def test_a_queue_that_nobody_knows_is_refused() -> None:
    for decide in (queue_pause, queue_resume):
        with pytest.raises(UnknownQueue):
            decide(name="nowhere")
    assert not Queue.objects.filter(name="nowhere").exists()


def test_a_queue_without_a_row_can_be_paused() -> None:
    Queue.objects.all().delete()
    queue_pause(name="bulk")
    assert paused_queue_names() == {"bulk"}


def test_a_queue_that_left_the_settings_is_shown_while_it_has_jobs_or_is_paused(
    settings: Settings,
) -> None:
    make_job(queue="bulk")
    settings.JOBS_QUEUES = ["default"]
    assert [one.name for one in queues_now()] == ["default", "bulk"]
    assert now_of("bulk").depth == 1
    queue_pause(name="emails")
    assert [one.name for one in queues_now()] == ["default", "bulk", "emails"]


def test_a_reason_without_a_pause_is_refused_by_the_database() -> None:
    with pytest.raises(IntegrityError, match="queue_pause_is_whole"):
        Queue.objects.filter(name="bulk").update(paused_reason="why")


def test_the_name_of_who_paused_may_be_of_any_length() -> None:
    name = "n" * 300
    assert queue_pause(name="bulk", actor=Actor("7", name)).paused_by == name[:ACTOR_NAME_MAX]
