"""The list of stored answers: what it finds; it shows no answer."""

import pytest
from django.test import Client

from jobs.models import StoredAnswer
from jobs.tests.admin.pages import list_page

pytestmark = pytest.mark.django_db


def test_search(admin_client: Client) -> None:
    StoredAnswer.objects.create(
        key="7:POST.add-job:k1", fingerprint="f", status=202, body="hunter2"
    )
    for found, q in ((True, "7:POST.add-job:k1"), (False, "7:POST.add-job:k2")):
        page = admin_client.get(list_page(StoredAnswer, q=q)).content.decode()
        assert ("7:POST.add-job:k1" in page.partition("<table")[2]) is found
        assert "hunter2" not in page
