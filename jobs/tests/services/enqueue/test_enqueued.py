"""The answer to a request that was accepted."""

from datetime import timedelta

import pytest

from jobs.models import Job
from jobs.tests.enqueueing import enqueue
from jobs.tests.steps import stored

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_job_handed_back_is_the_row() -> None:
    job = enqueue(idempotency_key="order-1", delay_seconds=60).job
    row = stored(job)
    for field in Job._meta.concrete_fields:
        if field.name.endswith("_at") and getattr(job, field.name):
            difference = getattr(job, field.name) - getattr(row, field.name)
            assert abs(difference) < timedelta(milliseconds=1), field.name
        else:
            assert getattr(job, field.attname) == getattr(row, field.attname), field.name
