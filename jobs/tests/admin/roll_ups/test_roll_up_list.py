"""The roll-ups of the admin."""

import pytest
from django.test import Client

from jobs.tests.factories import make_job
from jobs.tests.steps import succeed

pytestmark = pytest.mark.django_db


def test_the_list_shows_what_was_counted(admin_client: Client) -> None:
    succeed(make_job())
    page = admin_client.get("/admin/jobs/rollup/").content.decode()
    assert "tests.note" in page
    assert "succeeded" in page
