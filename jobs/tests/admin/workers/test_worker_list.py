"""The list of workers: what it filters and finds."""

import pytest
from django.test import Client

from jobs.models import Worker
from jobs.services.workers import worker_stop
from jobs.tests.admin.pages import list_page, shown
from jobs.tests.factories import make_worker

pytestmark = pytest.mark.django_db


def test_liveness(admin_client: Client) -> None:
    live, stopped, silent = (make_worker(name=name) for name in ("ann", "ben", "cora"))
    worker_stop(worker_id=stopped.id)
    Worker.objects.filter(id=silent.id).update(heartbeat_at="2020-01-01T00:00:00Z")

    # Silence counts from the start of PostgreSQL, which in a test was a moment ago.
    expected_silent = set(Worker.objects.silent(timeout_seconds=30).values_list("id", flat=True))
    assert shown(admin_client, list_page(Worker, liveness="stopped")) == {stopped.id}
    assert shown(admin_client, list_page(Worker, liveness="silent")) == expected_silent
    assert (
        shown(admin_client, list_page(Worker, liveness="live"))
        == {
            live.id,
            silent.id,
        }
        - expected_silent
    )


def test_search(admin_client: Client) -> None:
    ann = make_worker(name="ann-1")
    make_worker(name="ben-1")

    assert shown(admin_client, list_page(Worker, q="ann")) == {ann.id}
