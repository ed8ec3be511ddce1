"""The checks that need PostgreSQL alone."""

import pytest
from pytest_django.fixtures import Settings

from jobs.core.ids import uuid7
from jobs.models import ProcessedKey
from jobs.models.moments import seconds_ago
from jobs.services.verification.database import database_checks
from jobs.tests.factories import make_job
from jobs.tests.steps import (
    succeed,
)
from jobs.tests.violations import by_text, change, found, skip

pytestmark = pytest.mark.django_db(transaction=True)


def test_keys_may_be_gone_after_their_retention(settings: Settings) -> None:
    owner = by_text()
    succeed(owner)
    skip(owner)
    ProcessedKey.objects.all().delete()
    assert set(found(database_checks())) == {"succeeded", "skipped"}
    change(owner, finished_at=seconds_ago((settings.JOBS_KEY_RETENTION_DAYS + 1) * 86_400))
    assert found(database_checks()) == {}


def test_examples_are_few_and_violations_are_all_counted() -> None:
    for _ in range(12):
        change(make_job(), worker_id=uuid7())
    states = database_checks()[0]
    assert (states.violations, len(states.examples)) == (12, 10)
