"""Transactions whose locks a frozen process cannot hold for long, and locks that are only tried."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from jobs.core.conf import jobs_conf
from jobs.services.short_transaction import (
    handler_transaction,
    short_transaction,
    try_advisory_lock,
)
from jobs.sql.own_session import own_sessions
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


def test_a_session_of_its_own_has_the_limits_already() -> None:
    def settings_and_statements() -> tuple[list[str], int]:
        own_sessions()
        connection.ensure_connection()
        with CaptureQueriesContext(connection) as captured, short_transaction():
            names = ("idle_in_transaction_session_timeout", "lock_timeout")
            shown = [setting(name) for name in names]
        set_up = [one for one in captured if "set_config" in one["sql"]]
        return shown, len(set_up)

    timeout = f"{jobs_conf().worker_timeout_seconds:g}s"
    assert elsewhere(settings_and_statements) == ([timeout, "1500ms"], 0)


def test_a_lock_has_one_holder_until_its_transaction_ends() -> None:
    def is_free(name: str) -> bool:
        with transaction.atomic():
            return try_advisory_lock(name)

    with transaction.atomic():
        assert try_advisory_lock("step")
        assert not elsewhere(lambda: is_free("step"))
        assert elsewhere(lambda: is_free("other"))
    assert elsewhere(lambda: is_free("step"))
