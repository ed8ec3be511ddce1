"""Workers are drained, stopped and resumed in the admin."""

from typing import Any

import pytest
from django.test import Client

from jobs.models import Event, Worker
from jobs.models.worker import WorkerRequest
from jobs.services.attempts import jobs_claim
from jobs.tests.admin.conftest import make_staff, signed_in
from jobs.tests.admin.pages import assert_contains_all, list_page, record_text, text_of
from jobs.tests.factories import make_job

pytestmark = pytest.mark.django_db


def choose(client: Client, action: str, worker: Worker, **fields: Any) -> Any:
    data = {"action": action, "_selected_action": [str(worker.pk)]} | fields
    return client.post(list_page(Worker), data, follow=True)


def test_a_worker_is_drained_and_resumed(admin_client: Client, worker: Worker) -> None:
    assert "Drain 1 worker?" in choose(admin_client, "drain_selected", worker).text
    choose(admin_client, "drain_selected", worker, confirmed="yes", reason="new kernel")
    worker.refresh_from_db()
    assert worker.request == WorkerRequest.DRAIN
    assert Event.objects.about("worker", worker.pk).get().reason == "new kernel"
    text = record_text(admin_client, worker)
    assert_contains_all(text, ["draining", "Resume…", "Stop…", "new kernel"])
    choose(admin_client, "resume_selected", worker, confirmed="yes")
    worker.refresh_from_db()
    assert worker.request == WorkerRequest.NONE


def test_a_worker_is_asked_to_stop_and_that_is_final(admin_client: Client, worker: Worker) -> None:
    choose(admin_client, "stop_selected", worker, confirmed="yes")
    worker.refresh_from_db()
    assert worker.request == WorkerRequest.STOP
    assert "Resume…" not in record_text(admin_client, worker)


def test_the_list_says_what_each_runs(admin_client: Client, worker: Worker) -> None:
    jobs_claim(worker_id=worker.id, job_ids=[make_job().id])
    Worker.objects.filter(pk=worker.pk).update(rss_bytes=50 * 1024 * 1024, version="9.8.7")
    assert_contains_all(text_of(admin_client, list_page(Worker)), ["1 of 4", "50 MB", "9.8.7"])


def test_it_takes_a_permission(worker: Worker) -> None:
    viewer = signed_in(make_staff("view_worker"))
    assert "Drain…" not in record_text(viewer, worker)
    choose(viewer, "stop_selected", worker, confirmed="yes")
    worker.refresh_from_db()
    assert worker.request == WorkerRequest.NONE
