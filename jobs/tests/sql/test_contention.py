"""Conflicts between transactions: what is repeated, and that no service is forgotten."""

import ast
from collections.abc import Callable

import pytest
from django.db import OperationalError, transaction
from psycopg import errors as psycopg_errors

from jobs.sql import contention
from jobs.sql.contention import is_contention, repeated
from jobs.tests.sources import ROOT, sources

SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT = "40001", "40P01", "55P03"
# These run inside the transaction of a service, or only read.
# `statements_within` is for readers.
REPEATED_BY_OTHERS = {
    *("short_transaction", "handler_transaction", "statements_within"),
    *("_recorded", "_save"),
}
READERS = "verification"


def failure(sqlstate: str) -> OperationalError:
    """As Django raises it: the driver's error is its cause."""
    error = OperationalError("met another transaction")
    error.__cause__ = psycopg_errors.lookup(sqlstate)("no")
    return error


def fails(times: int, sqlstate: str) -> Callable[[], str]:
    """A call that fails so many times, and then returns."""
    left = [failure(sqlstate) for _ in range(times)]

    def call() -> str:
        if left:
            raise left.pop()
        return "done"

    return call


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contention, "_PAUSES", (0.0, 0.0, 0.0))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sqlstate", [SERIALIZATION_FAILURE, DEADLOCK])
def test_a_conflict_is_repeated_and_in_the_end_raised(sqlstate: str) -> None:
    assert repeated(fails(3, sqlstate)) == "done"
    with pytest.raises(OperationalError):
        repeated(fails(4, sqlstate))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sqlstate", [LOCK_TIMEOUT, "57P01"])
def test_nothing_else_is_repeated(sqlstate: str) -> None:
    with pytest.raises(OperationalError):
        repeated(fails(1, sqlstate))


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_nothing_is_repeated() -> None:
    """PostgreSQL has undone the whole of it, and who began it is told."""
    with pytest.raises(OperationalError), transaction.atomic():
        repeated(fails(1, SERIALIZATION_FAILURE))


def test_an_outage_is_no_contention() -> None:
    assert is_contention(failure(LOCK_TIMEOUT))
    assert is_contention(failure(DEADLOCK))
    assert not is_contention(failure("57P01"))
    assert not is_contention(OperationalError("server closed the connection unexpectedly"))


def test_every_service_that_is_a_transaction_repeats_conflicts() -> None:
    forgotten = [
        f"{path.relative_to(ROOT)}: {function.name}"
        for path in sources("jobs/services")
        if READERS not in path.parts
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        and _begins_a_transaction(function)
        and "repeats_conflicts" not in [ast.unparse(one) for one in function.decorator_list]
        and function.name not in REPEATED_BY_OTHERS
    ]
    assert forgotten == []


def _begins_a_transaction(function: ast.FunctionDef) -> bool:
    return any(
        ast.unparse(item.context_expr).startswith(("short_transaction(", "transaction.atomic("))
        for node in ast.walk(function)
        if isinstance(node, ast.With)
        for item in node.items
    )
