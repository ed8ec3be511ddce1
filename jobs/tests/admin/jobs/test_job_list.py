"""The list of jobs: what it filters and finds."""

from uuid import UUID

import pytest
from django.test import Client

from jobs.models import Job, Worker
from jobs.services.attempts import jobs_claim
from jobs.tests.admin.pages import list_page, shown, text_of
from jobs.tests.factories import make_job

pytestmark = pytest.mark.django_db


def test_filters(admin_client: Client, worker: Worker) -> None:
    waiting = make_job(queue="bulk")
    running = make_job(type="tests.note_once")
    jobs_claim(worker_id=worker.id, job_ids=[running.id])

    assert shown(admin_client, list_page(Job, state="running")) == {running.id}
    assert shown(admin_client, list_page(Job, type="tests.note")) == {waiting.id}
    assert shown(admin_client, list_page(Job, queue="bulk")) == {waiting.id}
    assert shown(admin_client, list_page(Job, state="queued", queue="default")) == set()


def test_the_age_comes_from_the_id(admin_client: Client) -> None:
    new = make_job().id
    # A version-7 UUID of the year 2020.
    old = UUID("016f5e66-e800-7000-8000-000000000000")
    Job.objects.filter(id=make_job().id).update(id=old)

    assert shown(admin_client, list_page(Job)) == {new, old}
    assert shown(admin_client, list_page(Job, age="past-hour")) == {new}
    assert shown(admin_client, list_page(Job, age="past-week")) == {new}
    assert shown(admin_client, list_page(Job, age="older-month")) == {old}
    assert shown(admin_client, list_page(Job, age="nonsense")) == {new, old}


def test_the_choices_come_from_the_registry_and_the_settings(admin_client: Client) -> None:
    text = text_of(admin_client, list_page(Job))

    assert "?type=send_welcome_email" in text
    assert "?queue=emails" in text


def test_search(admin_client: Client, worker: Worker) -> None:
    job = make_job(idempotency_key="order-7")
    make_job(idempotency_key="order-8")
    make_job()
    jobs_claim(worker_id=worker.id, job_ids=[job.id])

    for term in (job.id, job.id.hex, "order-7", f" {job.id} ", "tests.note:order-7"):
        assert shown(admin_client, list_page(Job, q=term)) == {job.id}, term
    assert shown(admin_client, list_page(Job, q="rder-7")) == set()
    assert shown(admin_client, list_page(Job, q="50%")) == set()


def test_a_key_derived_from_the_payload_is_found(admin_client: Client, worker: Worker) -> None:
    job = make_job(type="send_welcome_email", payload={"email": "Ann@example.com"})
    jobs_claim(worker_id=worker.id, job_ids=[job.id])

    assert shown(admin_client, list_page(Job, q="ann@example.com")) == {job.id}
    assert shown(admin_client, list_page(Job, q="ann@")) == {job.id}
