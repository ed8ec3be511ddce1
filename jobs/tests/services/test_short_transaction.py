"""Transactions whose locks a frozen process cannot hold for long, and locks that are only tried."""

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from jobs.services.short_transaction import (
    handler_transaction,
    short_transaction,
    try_advisory_lock,
)
from jobs.tests.threads import elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return str(cursor.fetchone()[0])


def test_the_limit_is_the_worker_timeout_and_goes_with_the_transaction(settings: Settings) -> None:
    settings.JOBS_WORKER_TIMEOUT_SECONDS = 12.5
    with short_transaction():
        assert setting("idle_in_transaction_session_timeout") == "12500ms"
    assert setting("idle_in_transaction_session_timeout") == "0"


def test_a_handler_s_transaction_has_another_limit_and_waits_for_locks() -> None:
    with handler_transaction(idle_seconds=0.25):
        assert setting("idle_in_transaction_session_timeout") == "250ms"
        assert setting("lock_timeout") == "0"


def test_a_lock_is_waited_for_no_longer_than_a_second_or_two() -> None:
    with short_transaction():
        assert setting("lock_timeout") == "1500ms"
    with short_transaction(lock_seconds=0.1):
        assert setting("lock_timeout") == "100ms"
    assert setting("lock_timeout") == "0"


def test_a_transaction_of_an_adopter_keeps_its_own_limits() -> None:
    with transaction.atomic():
        with short_transaction():
            assert setting("lock_timeout") == "0"
        assert setting("idle_in_transaction_session_timeout") == "0"


def test_a_lock_has_one_holder_until_its_transaction_ends() -> None:
    def is_free(name: str) -> bool:
        with transaction.atomic():
            return try_advisory_lock(name)

    with transaction.atomic():
        assert try_advisory_lock("step")
        assert not elsewhere(lambda: is_free("step"))
        assert elsewhere(lambda: is_free("other"))
    assert elsewhere(lambda: is_free("step"))
