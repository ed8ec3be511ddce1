"""The API is killed within a call that has an `Idempotency-Key`: one job, and no key that stays."""

import time

import pytest

from jobs.core import kill_points
from jobs.models import Job, StoredAnswer
from jobs.sql.statements import execute
from jobs.tests.acceptance.processes import Service
from jobs.tests.locks import held_elsewhere
from jobs.tests.threads import at_once, waiting_for_locks
from jobs.tests.waiting import wait_until
from tools.http_client import Answer, HttpClient, NoAnswer

PASSWORD = "a-long-password-4711"
NOTE = {"type": "tests.note", "payload": {"text": "hello"}}


def add_job(client: HttpClient) -> Answer:
    return client.call("POST", "/addJob", NOTE, key='"k"')


def logged_in(address: str) -> HttpClient:
    client = HttpClient(address)
    client.log_in("customer", PASSWORD)
    return client


def test_killed_before_its_commit_the_call_was_never_made(service: Service) -> None:
    """The job is inserted, and the answer is about to be: the transaction waits there."""
    process, address = service.api_process()
    client = HttpClient(address)
    client.sign_up("customer", PASSWORD)
    later = logged_in(service.api())

    def call() -> Answer | NoAnswer:
        try:
            return add_job(client)
        except NoAnswer as error:
            return error

    def kill() -> Answer | NoAnswer:
        wait_until(lambda: waiting_for_locks() == 1, every=0.01)
        in_progress = add_job(later)
        process.end()  # SIGKILL, for gunicorn and what it has started
        return in_progress

    with held_elsewhere(lambda: execute("LOCK TABLE jobs_storedanswer IN EXCLUSIVE MODE")):
        first, in_progress = at_once(call, kill)
        assert isinstance(first, NoAnswer)
        assert isinstance(in_progress, Answer)
        assert (in_progress.status, in_progress.body["code"]) == (409, "call_in_progress")

    begun = time.monotonic()
    answers: list[Answer] = []

    def is_free() -> bool:
        answers.append(add_job(later))
        return answers[-1].status != 409

    wait_until(is_free)
    assert time.monotonic() - begun < 5
    assert answers[-1].status == 202
    assert [str(job.pk) for job in Job.objects.all()] == [answers[-1].body["id"]]
    assert StoredAnswer.objects.count() == 1


def test_killed_after_its_commit_the_call_is_answered(service: Service) -> None:
    _, address = service.api_process(KILL_POINT=kill_points.COMMIT_PUSH)
    client = HttpClient(address)
    client.sign_up("customer", PASSWORD)
    with pytest.raises(NoAnswer):
        add_job(client)

    again = add_job(logged_in(service.api()))

    assert again.status == 202
    assert [str(job.pk) for job in Job.objects.all()] == [again.body["id"]]
