"""The list of results: what it finds; it shows no value."""

from uuid import uuid4

import pytest
from django.test import Client

from jobs.core.outcome import Succeeded
from jobs.core.result import Result
from jobs.models import JobResult
from jobs.tests.admin.pages import list_page
from jobs.tests.factories import make_job
from jobs.tests.steps import claim_one, record

pytestmark = pytest.mark.django_db


def test_search(admin_client: Client) -> None:
    job = make_job()
    record(claim_one(job), Succeeded(result=Result('{"secret": "hunter2"}')))
    for found, q in ((True, str(job.id)), (False, str(uuid4())), (False, "odd")):
        page = admin_client.get(list_page(JobResult, q=q)).content.decode()
        assert (str(job.id) in page.partition("<table")[2]) is found
        assert "hunter2" not in page
