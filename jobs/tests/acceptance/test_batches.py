"""Workers are killed amid a batch; each callback runs once, and counters fit the rows."""

import signal
from functools import partial
from typing import Any

from jobs import JobRequest, OpenBatch, batch, chain
from jobs.core.states import JobState
from jobs.models import Job, JobResult
from jobs.services.verification.database import database_checks
from jobs.tests.acceptance.processes import Service
from jobs.tests.conftest import Notes
from jobs.tests.violations import found
from jobs.tests.waiting import wait_until

JOBS = 300


def note(text: str, **payload: object) -> JobRequest:
    return JobRequest("tests.note", {"text": text, **payload})


def has_done(one: OpenBatch, count: int) -> bool:
    return one.progress().done >= count


def test_workers_are_killed_amid_a_batch(service: Service, notes: Notes) -> None:
    requests = [note(f"{number}", seconds=0.02) for number in range(JOBS - 1)]
    one = batch(
        [*requests, note("fails", failures=100, error="permanent")],  # also after a kill
        on_success=note("success"),
        on_completion=note("completion"),
    )
    good = batch(
        [note(f"good-{number}") for number in range(100)],
        on_success=note("good-success"),
        on_completion=note("good-completion"),
    )
    service.env["JOBS_CRASH_LIMIT"] = "4"  # nothing is dead because it met every victim
    for number in range(3):  # each is killed with outcomes in its hands, and another takes over
        enough = min(one.progress().done + 20, JOBS)  # fewer are left if the last one was quick
        worker = service.worker(f"victim{number}")
        wait_until(partial(has_done, one, enough), 60)
        worker.signal(signal.SIGKILL)
        worker.wait()
    service.workers(2)

    def are_completed() -> bool:
        return one.progress().state == good.progress().state == "completed"

    wait_until(are_completed, 90)
    wait_until(lambda: "completion" in notes.texts() and "good-success" in notes.texts(), 30)
    wait_until(lambda: "good-completion" in notes.texts(), 30)
    ended = one.progress()
    assert (ended.total, ended.succeeded, ended.failed) == (JOBS, JOBS - 1, 1)
    assert good.progress().succeeded == 100
    callbacks = Job.objects.filter(given__batch__isnull=False)
    assert sorted(callback.payload["text"] for callback in callbacks) == [
        "completion",
        "good-completion",
        "good-success",
    ]
    wait_until(lambda: not callbacks.exclude(state=JobState.SUCCEEDED).exists())
    assert found(database_checks()) == {}


def test_a_worker_is_killed_amid_chains(service: Service) -> None:
    chains = [chain([note(f"{number}.{link}") for link in range(5)]) for number in range(40)]
    worker = service.worker("victim")
    wait_until(lambda: Job.objects.filter(state=JobState.SUCCEEDED).count() >= 50)
    worker.signal(signal.SIGKILL)
    worker.wait()
    service.worker("rescuer")
    total = 5 * len(chains)
    wait_until(lambda: Job.objects.filter(state=JobState.SUCCEEDED).count() >= total, 90)
    texts = Job.objects.values_list("payload__text", flat=True)
    assert sorted(texts) == sorted(
        f"{number}.{link}" for number in range(len(chains)) for link in range(5)
    )


def test_a_handler_reads_what_came_before(service: Service) -> None:
    chain([JobRequest("tests.told", {"text": "first"}), JobRequest("tests.told", {"text": "next"})])
    one = batch([note("a")], name="b", on_success=JobRequest("tests.told", {"text": "callback"}))
    service.worker("worker")
    told = Job.objects.filter(type="tests.told", state=JobState.SUCCEEDED)
    wait_until(lambda: told.count() == 3)
    values: list[Any] = list(JobResult.objects.values_list("value", flat=True))
    results = {value["text"]: value for value in values}
    first = {"text": "first", "previous": None, "batch": None}
    assert results["first"] == first
    assert results["next"] == {"text": "next", "previous": first, "batch": None}
    batch_told = results["callback"]["batch"]
    assert (batch_told["id"], batch_told["name"]) == (str(one.id), "b")
    assert (batch_told["total"], batch_told["succeeded"], batch_told["failed"]) == (1, 1, 0)
