"""Sessions that run our statements alone: how they are isolated, and how long they wait."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from jobs.sql import own_session
from jobs.sql.own_session import own_sessions, own_sessions_of_process, own_sessions_within
from jobs.tests.isolation import serializable_by_default

pytestmark = pytest.mark.django_db(transaction=True)

OURS = ("read committed", "1500ms")
THEIRS = ("serializable", "0")


@pytest.fixture(autouse=True)
def serializable() -> Iterator[None]:
    with serializable_by_default():
        yield


def on_a_new_thread(call: Callable[[], Any], prepare: Callable[[], None] | None = None) -> Any:
    def run() -> Any:
        if prepare:
            prepare()
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(60)


def seen() -> tuple[str, str]:
    """The isolation of a statement, and how long it waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('transaction_isolation'), current_setting('lock_timeout')"
        )
        row: tuple[str, str] = cursor.fetchone()
    return row


def seen_in_a_transaction() -> tuple[str, str]:
    with transaction.atomic():
        return seen()


def seen_after_a_rollback() -> tuple[str, str]:
    with transaction.atomic():
        seen()
        transaction.set_rollback(True)
    return seen()


@pytest.mark.parametrize("look", [seen, seen_in_a_transaction, seen_after_a_rollback])
def test_our_sessions_read_what_is_committed_and_wait_for_no_lock_for_long(
    look: Callable[[], tuple[str, str]],
) -> None:
    assert on_a_new_thread(look, own_sessions) == OURS


@pytest.mark.parametrize("look", [seen, seen_in_a_transaction])
def test_sessions_that_handlers_use_keep_what_the_database_says(
    look: Callable[[], tuple[str, str]],
) -> None:
    assert on_a_new_thread(look) == THEIRS


def test_a_block_of_ours_ends() -> None:
    def look() -> tuple[tuple[str, str], tuple[str, str]]:
        with own_sessions_within():
            within = seen()
        connection.close()
        return within, seen()

    assert on_a_new_thread(look) == (OURS, THEIRS)


def test_a_process_that_runs_no_handlers_has_no_other_sessions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(own_session, "_process", own_session._Process())
    own_sessions_of_process()
    assert on_a_new_thread(seen) == OURS


def test_the_isolation_of_django_s_options_is_for_handlers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = {**connection.settings_dict["OPTIONS"], "isolation_level": 3}  # repeatable read

    def look() -> tuple[str, str]:
        connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}
        return seen_in_a_transaction()

    assert on_a_new_thread(look, own_sessions) == OURS
    assert on_a_new_thread(look) == ("repeatable read", "0")


def test_behind_a_pooler_nothing_is_set_and_a_role_without_settings_is_reported_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(own_session, "_process", own_session._Process())
    monkeypatch.setattr(own_session, "is_pooled", lambda raw: True)
    assert on_a_new_thread(seen, own_sessions) == THEIRS
    # Whole transactions are isolated by psycopg, whoever has the session afterwards.
    assert on_a_new_thread(seen_in_a_transaction, own_sessions) == ("read committed", "0")
    [record] = [one for one in caplog.records if one.event == "database.role_not_set"]  # type: ignore[attr-defined]
    assert "ALTER ROLE" in record.getMessage()
    assert "lock_timeout = '1500ms'" in record.getMessage()


def test_behind_a_pooler_a_role_with_the_settings_is_well(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(own_session, "_process", own_session._Process())
    monkeypatch.setattr(own_session, "is_pooled", lambda raw: True)
    with connection.cursor() as cursor:  # the last settings of a database count for new sessions
        cursor.execute("ALTER ROLE CURRENT_USER SET default_transaction_isolation='read committed'")
        cursor.execute("ALTER ROLE CURRENT_USER SET lock_timeout = '1500ms'")
    try:
        with serializable_by_default(False):
            assert on_a_new_thread(seen, own_sessions) == OURS
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER ROLE CURRENT_USER RESET default_transaction_isolation")
            cursor.execute("ALTER ROLE CURRENT_USER RESET lock_timeout")
    assert "database.role_not_set" not in [getattr(one, "event", "") for one in caplog.records]
