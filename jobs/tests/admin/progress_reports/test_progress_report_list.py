"""The list of reports, and the bar on the page of a job."""

from uuid import uuid4

import pytest
from django.test import Client

from jobs.core.progress import progress_of
from jobs.models import Job, ProgressReport
from jobs.services.progress import progress_write
from jobs.tests.admin.pages import list_page, record_text
from jobs.tests.factories import make_job
from jobs.tests.steps import claim_one

pytestmark = pytest.mark.django_db


@pytest.fixture
def job() -> Job:
    job = make_job()
    progress_write(reports=[(claim_one(job), progress_of(3, 8, "<rows>"))])
    return job


def test_search(admin_client: Client, job: Job) -> None:
    for found, q in ((True, str(job.id)), (False, str(uuid4())), (False, "odd")):
        page = admin_client.get(list_page(ProgressReport, q=q)).content.decode()
        assert (str(job.id) in page.partition("<table")[2]) is found


def test_the_page_of_a_job_has_a_bar(admin_client: Client, job: Job) -> None:
    text = record_text(admin_client, job)
    assert '<progress value="3.0" max="8.0"></progress> 3 of 8 (37 %)' in text
    assert "&lt;rows&gt;" in text
