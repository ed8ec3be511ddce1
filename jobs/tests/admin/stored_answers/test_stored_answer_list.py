"""The list of stored answers: what it finds; it shows no answer."""

import pytest
from django.test import Client

from accounts.models import User
from jobs.models import StoredAnswer
from jobs.tests.admin.pages import assert_contains_all, list_page, record_text

pytestmark = pytest.mark.django_db


def test_it_is_found_by_its_key_and_by_the_name_of_the_client(
    admin_client: Client, chief: User
) -> None:
    key = f"{chief.pk}:POST.add-job:k1"
    answer = StoredAnswer.objects.create(key=key, fingerprint="f", status=202, body="hunter2")
    for found, q in ((True, key), (True, chief.username), (False, "7:POST.add-job:k2")):
        page = admin_client.get(list_page(StoredAnswer, q=q)).text
        assert ("POST add-job" in page.partition("<table")[2]) is found
        assert "hunter2" not in page
    text = record_text(admin_client, answer)
    assert_contains_all(text, [f">{chief.username}</a>", "POST add-job", "k1", "POST add-job, k1"])


def test_a_client_that_is_gone_or_no_key_at_all_is_said_as_such(admin_client: Client) -> None:
    for client in ("2000000000", "x"):
        StoredAnswer.objects.create(key=f"{client}:a:b", fingerprint="f", status=200, body="")
        assert f"account {client}, which is gone" in admin_client.get(list_page(StoredAnswer)).text
