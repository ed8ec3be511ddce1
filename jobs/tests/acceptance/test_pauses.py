"""A queue is paused and resumed under running workers."""

import time
from collections.abc import Callable

from jobs.broker import get_broker
from jobs.core.states import JobState
from jobs.models import Job
from jobs.services.queues import queue_pause, queue_resume
from jobs.tests.acceptance.processes import Service
from jobs.tests.conftest import Notes
from jobs.tests.factories import make_job
from jobs.tests.waiting import wait_until

# A pause, and its end, are effective within this time on every worker.
EFFECTIVE_SECONDS = 1.0
# What a busy machine may add before a handler's line is seen.
BUSY_SECONDS = 1.0


def started_after(moment: float) -> int:
    """Jobs that were claimed later than so many seconds after the epoch."""
    return sum(
        claimed.timestamp() > moment
        for claimed in Job.objects.values_list("claimed_at", flat=True)
        if claimed
    )


def test_no_worker_starts_a_job_of_a_paused_queue_and_nothing_is_lost(
    service: Service, notes: Notes, wait_until_all_final: Callable[[float], None]
) -> None:
    service.workers(2, "--concurrency", "2", "--queues", "default,bulk")
    for number in range(60):
        make_job(queue="bulk", payload={"text": f"bulk{number}", "seconds": 0.2})
    wait_until(lambda: len(notes.texts()) >= 4)
    queue_pause(name="bulk", reason="a test")
    effective = time.time() + EFFECTIVE_SECONDS
    wait_until(lambda: time.time() > effective + 1)
    assert Job.objects.running().count() == 0
    assert started_after(effective) == 0
    waiting = Job.objects.queued().count()
    assert waiting > 20

    get_broker().forget_everything()  # the pause is in PostgreSQL
    other = make_job(payload={"text": "other"})
    wait_until(lambda: "other" in notes.texts())
    wait_until(lambda: time.time() > effective + 3)
    assert Job.objects.queued().count() == waiting
    other.refresh_from_db()
    assert other.state == JobState.SUCCEEDED

    queue_resume(name="bulk")
    wait_until_all_final(30)
    assert sorted(notes.texts()) == sorted(["other", *(f"bulk{n}" for n in range(60))])
    assert set(Job.objects.values_list("failures", "crashes")) == {(0, 0)}


def test_the_end_of_a_pause_is_seen_within_a_second(service: Service, notes: Notes) -> None:
    queue_pause(name="bulk")
    service.worker("worker", "--queues", "default,bulk")
    make_job(queue="bulk", payload={"text": "waited"})
    wait_until(lambda: make_job(payload={"text": "other"}) and notes.texts())
    assert "waited" not in notes.texts()
    resumed = time.monotonic()
    queue_resume(name="bulk")
    wait_until(lambda: "waited" in notes.texts(), every=0.01)
    assert time.monotonic() - resumed < EFFECTIVE_SECONDS + BUSY_SECONDS
