"""One claim on one thread: how it is interrupted, and which report of its outcome counts."""

import contextlib
import threading
import time

import pytest

from jobs.core.clock import SystemClock
from jobs.core.errors import JobTimeout
from jobs.tests.claims import make_claim
from jobs.worker.execution.attempt import Attempt


def spin(seconds: float) -> None:
    """Python code that takes that long, unless it is interrupted."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.001)


def interrupt_soon(attempt: Attempt, answers: list[bool]) -> threading.Thread:
    """Another thread that tries until the attempt is overdue."""

    def watch() -> None:
        while not attempt.interrupt_if_overdue():
            time.sleep(0.001)
        answers.append(True)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def test_it_is_interrupted_once_its_time_is_over() -> None:
    attempt = Attempt(make_claim(), SystemClock())
    answers: list[bool] = []

    def run() -> None:
        with attempt.interruptible(0.05):
            interrupt_soon(attempt, answers)
            spin(20)

    began = time.monotonic()
    with pytest.raises(JobTimeout):
        run()
    assert 0.05 <= time.monotonic() - began < 10
    assert answers == [True]


def test_a_handler_that_catches_every_exception_does_not_catch_the_timeout() -> None:
    attempt = Attempt(make_claim(), SystemClock())

    def run() -> None:
        with attempt.interruptible(0.05), contextlib.suppress(Exception):
            interrupt_soon(attempt, [])
            spin(20)

    with pytest.raises(JobTimeout):
        run()


def test_without_a_time_it_is_never_overdue() -> None:
    attempt = Attempt(make_claim(), SystemClock())
    with attempt.interruptible(None):
        assert not attempt.interrupt_if_overdue()
        assert attempt.seconds_overdue() == 0


def test_in_time_is_not_overdue() -> None:
    attempt = Attempt(make_claim(), SystemClock())
    with attempt.interruptible(60):
        assert not attempt.interrupt_if_overdue()
    assert not attempt.interrupt_if_overdue()


def test_after_its_end_it_is_not_interrupted() -> None:
    attempt = Attempt(make_claim(), SystemClock())
    with attempt.interruptible(0.001):
        pass
    time.sleep(0.002)  # so that the time which no longer counts is over
    assert not attempt.interrupt_if_overdue()
    spin(0.01)


def test_only_the_first_caller_claims_its_outcome() -> None:
    attempt = Attempt(make_claim(), SystemClock())
    assert attempt.claim_outcome()
    assert not attempt.claim_outcome()
