"""Pages of records: escaped, without what is sensitive, and there although rows were pruned."""

import pytest
from django.test import Client

from jobs.models import Job, ProcessedKey, Worker
from jobs.services.attempts import jobs_claim
from jobs.tests.admin.conftest import MakeDeadLetters
from jobs.tests.admin.pages import record_page, record_text
from jobs.tests.factories import make_job

pytestmark = pytest.mark.django_db


def test_sensitive_values_are_shown_nowhere(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters(payload={"text": "a", "secret": "open sesame"})

    for record in (letter, letter.job):
        text = record_text(admin_client, record)
        assert "open sesame" not in text
        assert "&quot;secret&quot;: &quot;********&quot;" in text


def test_what_handlers_and_clients_say_is_escaped(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters(
        payload={"text": "<script>alert(1)</script>"}, idempotency_key="<i>key</i>"
    )

    for record in (letter, letter.job, ProcessedKey.objects.get(job_id=letter.job_id)):
        text = record_text(admin_client, record)
        assert "<script>alert" not in text
        assert "<b>&</b>" not in text
        assert "<i>key" not in text
    assert "no such mailbox &lt;b&gt;&amp;&lt;/b&gt;" in record_text(admin_client, letter)


def test_records_whose_relations_were_pruned_are_shown(
    admin_client: Client, worker: Worker
) -> None:
    job = make_job(idempotency_key="order-7")
    jobs_claim(worker_id=worker.id, job_ids=[job.id])
    key = ProcessedKey.objects.get(job_id=job.id)

    Worker.objects.filter(id=worker.id).delete()
    assert record_page(worker) in record_text(admin_client, job)

    Job.objects.filter(id=job.id).delete()
    assert record_page(job) in record_text(admin_client, key)
