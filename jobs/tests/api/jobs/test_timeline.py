"""GET /jobs/<id>/timeline."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from jobs.services.cancel import job_cancel
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import allow, make_job
from jobs.tests.steps import fail

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_client_sees_what_happened_but_neither_tracebacks_nor_people(
    api: APIClient, other_api: APIClient, user: User
) -> None:
    job = make_job(submitted_by_id=user.pk)
    fail(job)
    job_cancel(job_id=job.id, reason="private")
    path = f"/v1/jobs/{job.id}/timeline"
    entries = api.get(path).json()["results"]
    assert [
        one["what"] for one in entries if one["what"] in ("accepted", "failed", "cancelled")
    ] == [*("accepted", "failed", "cancelled")]
    assert not any("traceback" in one or one["reason"] for one in entries)
    assert other_api.get(path).status_code == 404


def test_permissions_open_tracebacks_and_events(user: User) -> None:
    job = make_job(submitted_by_id=user.pk)
    fail(job)
    job_cancel(job_id=job.id, reason="private")
    chief = client_of(allow(user, "view_traceback", "view_event"))
    entries = chief.get(f"/v1/jobs/{job.id}/timeline").json()["results"]
    assert [one["what"] for one in entries if "traceback" in one] == ["failed"]
    assert "private" in [one["reason"] for one in entries]
