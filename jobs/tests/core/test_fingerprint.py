"""Failures that are one problem have one fingerprint, and others have another."""

from typing import Any

import pytest

from jobs.core.attempt_error import AttemptError, error_of, error_of_lost_worker
from jobs.core.fingerprint import error_fingerprint

TRACEBACK = """Traceback (most recent call last):
  File "/srv/app-7/shop/jobs/worker/execution/attempt.py", line 40, in run
    handler(payload)
  File "/srv/app-7/shop/orders/jobs.py", line 12, in send_invoice
    post(order)
  File "/usr/lib/python3.11/site-packages/requests/api.py", line 59, in request
    raise ConnectionError
requests.ConnectionError: refused
"""
ERROR: AttemptError = {
    "worker": "w1",
    "at": "2026-01-01T00:00:00Z",
    "error": "ConnectionError",
    "message": "refused",
    "traceback": TRACEBACK,
}


def fingerprint(job_type: str = "invoice", **changes: Any) -> str:
    error: Any = {**ERROR, **changes}
    return error_fingerprint(job_type, error)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("order 17 is gone", "order 4711 is gone"),
        ("no such user: 'rose'", "no such user: 'iris'"),
        ("rejected: a@example.com", "rejected: b.c+d@mail.example.org"),
        ("GET https://a.example/1 failed", "GET http://b.example/2?x failed"),
        (
            "row 0194a3c2-1111-7000-8000-000000000001",
            "row 0194a3c2-2222-7000-8000-00000000000f",
        ),
        ("at 0x7f94b95dea10", "at 0x7f0000000001"),
        ("timeout after 3.5 s", "timeout after 12 s"),
        ("first line\nand 1", "first line\nand another"),
    ],
)
def test_what_differs_from_job_to_job_is_left_out(one: str, other: str) -> None:
    assert fingerprint(message=one) == fingerprint(message=other)


def test_worker_moment_line_numbers_and_directories_are_left_out() -> None:
    moved = TRACEBACK.replace("line 12", "line 14").replace("/srv/app-7/", "/srv/app-8/")

    assert fingerprint() == fingerprint(worker="w2", at="2027-01-01T00:00:00Z", traceback=moved)


@pytest.mark.parametrize(
    "changes",
    [
        {"job_type": "reminder"},
        {"error": "TimeoutError"},
        {"message": "unreachable"},
        {"traceback": TRACEBACK.replace("send_invoice", "send_reminder")},
        {"traceback": TRACEBACK.replace("orders/jobs.py", "orders/mail.py")},
        {"traceback": ""},
    ],
)
def test_what_makes_another_problem(changes: dict[str, str]) -> None:
    assert fingerprint() != fingerprint(**changes)


def test_frames_of_packages_and_of_the_runner_do_not_count() -> None:
    other = TRACEBACK.replace("in request", "in session").replace("in run", "in step")

    assert fingerprint() == fingerprint(traceback=other)


def test_a_real_exception_is_told_by_the_function_that_raised_it() -> None:
    def first(number: int) -> None:
        raise RuntimeError(f"number {number}")

    def second() -> None:
        raise RuntimeError("number 1")

    def made(call: Any) -> str:
        try:
            call()
        except RuntimeError as error:
            return error_fingerprint("t", error_of(error, "w"))
        raise AssertionError

    assert made(lambda: first(1)) == made(lambda: first(2)) != made(second)


def test_without_an_exception_there_is_one_too() -> None:
    assert len(error_fingerprint("t", error_of_lost_worker("w"))) == 16


def test_a_hostile_message_is_quick() -> None:
    assert fingerprint(message="'" * 2_000 + "a@" * 1_000 + "1" * 10_000)
