"""Which outcome an exception of a handler stands for."""

import pytest

from jobs.core.errors import (
    JobCancelled,
    JobTimeout,
    LeaseLost,
    OutcomeUnknown,
    PermanentError,
    RetryAfter,
)
from jobs.core.outcome import Cancelled, CutOff, Failed, FailedForGood, Lost, Outcome
from jobs.core.secrets import Secrets
from jobs.worker.execution.exceptions import outcome_of, readable


@pytest.mark.parametrize(
    ("exception", "outcome"),
    [
        (LeaseLost(), Lost),
        (JobCancelled(), Cancelled),
        (JobTimeout(), CutOff),
        (OutcomeUnknown("who knows"), CutOff),
        (PermanentError("never"), FailedForGood),
        (RetryAfter(7.5), Failed),
        (RuntimeError("no"), Failed),
        (SystemExit(1), Failed),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_each_exception_stands_for_one_outcome(
    exception: BaseException, outcome: type[Outcome]
) -> None:
    assert type(outcome_of(exception, "worker-1")) is outcome


class Unprintable(Exception):
    """Also what ends a thread may come out of it."""

    def __str__(self) -> str:
        raise SystemExit


class Unreadable(RetryAfter):
    """Whatever is asked of it fails."""

    def __init__(self) -> None:
        Exception.__init__(self)

    def __getattribute__(self, name: str) -> object:
        raise KeyboardInterrupt(name)


def test_what_cannot_be_read_was_raised_all_the_same() -> None:
    """It says that nothing has happened, as any other does: no attempt is cut off by it."""
    assert type(outcome_of(Unprintable(), "worker-1")) is Failed
    assert type(outcome_of(readable(Unreadable()), "worker-1")) is Failed
    plain = RuntimeError("no")
    assert readable(plain) is plain


def test_a_handler_may_say_when_it_is_retried() -> None:
    outcome = outcome_of(RetryAfter(7.5), "worker-1")
    assert isinstance(outcome, Failed)
    assert outcome.after_seconds == 7.5


def test_its_error_keeps_no_sensitive_value() -> None:
    error = RuntimeError("hunter2 is wrong")
    outcome = outcome_of(error, "worker-1", Secrets({"password": "hunter2"}, {"password"}))
    assert isinstance(outcome, Failed)
    assert outcome.error["worker"] == "worker-1"
    assert outcome.error["message"] == "******** is wrong"
