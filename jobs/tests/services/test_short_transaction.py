"""Transactions whose locks a frozen process cannot hold for long, and locks that are only tried."""

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from jobs.services.short_transaction import short_transaction, try_advisory_lock
from jobs.tests.threads import elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


def idle_limit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        return str(cursor.fetchone()[0])


def test_the_limit_is_the_worker_timeout_and_goes_with_the_transaction(settings: Settings) -> None:
    settings.JOBS_WORKER_TIMEOUT_SECONDS = 12.5
    with short_transaction():
        assert idle_limit() == "12500ms"
    assert idle_limit() == "0"


def test_the_caller_may_set_another_limit() -> None:
    with short_transaction(idle_seconds=0.25):
        assert idle_limit() == "250ms"


def test_a_lock_has_one_holder_until_its_transaction_ends() -> None:
    def is_free(name: str) -> bool:
        with transaction.atomic():
            return try_advisory_lock(name)

    with transaction.atomic():
        assert try_advisory_lock("step")
        assert not elsewhere(lambda: is_free("step"))
        assert elsewhere(lambda: is_free("other"))
    assert elsewhere(lambda: is_free("step"))
