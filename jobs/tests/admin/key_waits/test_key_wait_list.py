"""The list of key waits: what it finds."""

import pytest
from django.test import Client

from jobs.models import KeyWait
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.tests.admin.pages import list_page
from jobs.tests.steps import claim_one
from jobs.tests.violations import by_text

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("by", ["key", "id"])
def test_search(admin_client: Client, by: str) -> None:
    claim_one(by_text())
    rival = by_text()
    jobs_resolve_key_conflicts(job_ids=[rival.id])
    term = "tests.note_by_text:ann" if by == "key" else str(rival.id)

    for found, q in ((True, term), (False, "tests.note_by_text:bob")):
        page = admin_client.get(list_page(KeyWait, q=q)).content.decode()
        assert (str(rival.id) in page.partition("<table")[2]) is found
