"""The list of processed keys: what it finds."""

import pytest
from django.test import Client

from jobs.models import ProcessedKey, Worker
from jobs.services.attempts import jobs_claim
from jobs.tests.admin.pages import list_page, shown
from jobs.tests.factories import make_job

pytestmark = pytest.mark.django_db


def test_search(admin_client: Client, worker: Worker) -> None:
    job = make_job(idempotency_key="order-7")
    other = make_job(idempotency_key="order-8")
    jobs_claim(worker_id=worker.id, job_ids=[job.id, other.id])

    for term in ("tests.note:order-7", "order-7", job.id):
        assert shown(admin_client, list_page(ProcessedKey, q=term)) == {":tests.note:order-7:"}
    assert len(shown(admin_client, list_page(ProcessedKey, q="order-"))) == 2


def test_a_key_outlives_its_job(admin_client: Client, worker: Worker) -> None:
    job = make_job(idempotency_key="order-7")
    jobs_claim(worker_id=worker.id, job_ids=[job.id])
    job.delete()

    assert shown(admin_client, list_page(ProcessedKey)) == {":tests.note:order-7:"}
