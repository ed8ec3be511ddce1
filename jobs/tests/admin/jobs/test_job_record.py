"""The page of one job: everything staff need, escaped, and without what is sensitive."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from jobs import JobRequest, batch, chain
from jobs.core.attempt_error import AttemptError
from jobs.core.finished import Finished
from jobs.core.outcome import Failed
from jobs.models import Job, ProcessedKey, Worker
from jobs.services.attempts import jobs_claim, jobs_record
from jobs.tests.admin.conftest import MakeDeadLetters
from jobs.tests.admin.pages import assert_contains_all, record_page, record_text
from jobs.tests.factories import make_job
from jobs.tests.steps import die, succeed

pytestmark = pytest.mark.django_db


def test_every_attempt_is_shown_the_last_one_open(
    admin_client: Client, worker: Worker, make_dead_letters: MakeDeadLetters
) -> None:
    job = make_job()
    for number in (1, 2):
        Job.objects.filter(id=job.id).update(run_at="2020-01-01T00:00:00Z")
        [claim] = jobs_claim(worker_id=worker.id, job_ids=[job.id])
        error: AttemptError = {
            "worker": worker.name,
            "at": f"2026-11-23T10:00:0{number}.000+00:00",
            "error": "TimeoutError",
            "message": f"try {number}",
            "traceback": f"Traceback {number}",
        }
        jobs_record(finished=[Finished(claim, Failed(error))])

    text = record_text(admin_client, job)

    assert "Failed attempts (2)" in text
    assert "2026-11-23 10:00:01 UTC" in text
    assert "2026-11-23 10:00:02 UTC" in text
    latest, earlier = text.split('<details class="attempt"')[1:]
    assert latest.startswith(" open")
    assert_contains_all(latest, ["Attempt 2", "TimeoutError: try 2", "Traceback 2"])
    assert not earlier.startswith(" open")
    assert_contains_all(earlier, ["Attempt 1", "TimeoutError: try 1", "Traceback 1"])


def test_a_job_links_to_what_belongs_to_it(
    admin_client: Client, make_dead_letters: MakeDeadLetters, worker: Worker
) -> None:
    [first] = make_dead_letters(idempotency_key="order-7")
    done_by = make_job()
    Job.objects.filter(id=first.job_id).update(done_by_id=done_by.id)
    key = ProcessedKey.objects.get(job_id=first.job_id)

    text = record_text(admin_client, first.job)

    assert_contains_all(text, [record_page(one) for one in (worker, done_by, key, first)])
    assert "(waiting)" in text


def test_a_job_that_is_its_own_key_links_to_no_processed_key(admin_client: Client) -> None:
    job = make_job()

    text = record_text(admin_client, job)

    assert str(job.id) in text
    assert record_page(ProcessedKey(key=job.effect_key)) not in text


def test_a_queued_job_says_what_it_waits_for(admin_client: Client) -> None:
    text = record_text(admin_client, make_job())
    assert "a worker: no live worker serves the queue default" in text


def test_a_chain_is_shown_with_each_of_its_jobs(admin_client: Client) -> None:
    first = chain([JobRequest("tests.note", {"text": f"{n}"}) for n in range(3)]).job
    succeed(first)
    second = Job.objects.exclude(id=first.id).get()

    text = record_text(admin_client, second)

    assert "job 2 of 3" in text
    assert_contains_all(text, [record_page(first), "1: ", "succeeded", "2: ", "queued"])


def test_a_call_is_shown_with_what_it_tells_of(admin_client: Client, settings: Settings) -> None:
    settings.JOBS_HTTP_ALLOWED_HOSTS = ["hooks.example.com"]
    job = make_job(callback_url="https://hooks.example.com/ended")
    assert "https://hooks.example.com/ended" in record_text(admin_client, job)
    succeed(job)
    call = Job.objects.get(type="http_request")
    assert record_page(job) in record_text(admin_client, call)
    letter = die(call)
    assert record_page(job) in record_text(admin_client, letter)
    one = batch(callback_url="https://hooks.example.com/batch")
    assert "https://hooks.example.com/batch, not yet" in record_text(admin_client, one.progress())
    one.close()
    of_batch = Job.objects.get(given__callback_of__kind="batch")
    assert record_page(of_batch) in record_text(admin_client, one.progress())
    assert record_page(one.progress()) in record_text(admin_client, of_batch)
