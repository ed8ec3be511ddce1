"""Processed keys are released in the admin, after a plain warning."""

from typing import Any

import pytest
from django.test import Client

from jobs.models import Event, ProcessedKey
from jobs.tests.admin.conftest import make_staff, signed_in
from jobs.tests.admin.pages import assert_contains_all, list_page, record_text
from jobs.tests.factories import make_job
from jobs.tests.steps import claim_one, succeed

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> ProcessedKey:
    job = make_job(idempotency_key="order-7")
    succeed(job)
    return ProcessedKey.objects.get(job_id=job.pk)


def choose(client: Client, key: ProcessedKey, **fields: Any) -> Any:
    data = {"action": "release_selected", "_selected_action": [key.pk]} | fields
    return client.post(list_page(ProcessedKey), data, follow=True)


def test_it_says_that_the_effect_may_happen_again_and_needs_a_reason(
    admin_client: Client, key: ProcessedKey
) -> None:
    assert "Release…" in record_text(admin_client, key)
    asked = choose(admin_client, key).text
    assert_contains_all(asked, ["Release 1 processed key?", "may happen again", "required"])
    choose(admin_client, key, confirmed="yes", reason=" ")
    assert ProcessedKey.objects.exists()
    done = choose(admin_client, key, confirmed="yes", reason="it had bounced").text
    assert "1 processed key released." in done
    assert not ProcessedKey.objects.exists()
    assert Event.objects.about("processed_key", key.pk).get().reason == "it had bounced"


def test_a_key_that_cannot_be_released_says_why(admin_client: Client) -> None:
    job = make_job(idempotency_key="order-8")
    claim_one(job)
    key = ProcessedKey.objects.get(job_id=job.pk)
    text = record_text(admin_client, key)
    assert "cancel it first" in text
    assert "Release…" not in text
    refused = choose(admin_client, key, confirmed="yes", reason="please").text
    assert "cancel it first" in refused
    assert ProcessedKey.objects.exists()


def test_operators_may_not(key: ProcessedKey) -> None:
    client = signed_in(make_staff("view_processedkey", "change_job", "cancel_job"))
    assert "Release…" not in record_text(client, key)
    choose(client, key, confirmed="yes", reason="please")
    assert ProcessedKey.objects.exists()
