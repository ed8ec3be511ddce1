"""The page of one worker."""

import pytest
from django.test import Client

from jobs.models import Worker
from jobs.services.attempts import jobs_claim
from jobs.tests.admin.pages import record_page, record_text
from jobs.tests.factories import make_job

pytestmark = pytest.mark.django_db


def test_a_worker_shows_what_it_runs(admin_client: Client, worker: Worker) -> None:
    running, queued = make_job(), make_job()
    jobs_claim(worker_id=worker.id, job_ids=[running.id])

    text = record_text(admin_client, worker)

    assert record_page(running) in text
    assert record_page(queued) not in text
