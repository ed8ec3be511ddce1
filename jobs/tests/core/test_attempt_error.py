"""What is kept of an exception: readable, small, storable, without secrets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.core.attempt_error import (
    MASK,
    MESSAGE_LIMIT,
    SUMMARY_LIMIT,
    TRACEBACK_LIMIT,
    AttemptError,
    RecordedError,
    error_of,
    error_of_lost_worker,
    error_summary,
    secret_values,
)


def raised(
    exception: Exception, secrets: list[str] | None = None, cause: Exception | None = None
) -> AttemptError:
    """What is kept of an exception that was really raised, so that it has a traceback."""

    def fail() -> None:
        raise exception from cause

    with pytest.raises(type(exception)) as caught:
        fail()
    return error_of(caught.value, "worker-1", secrets or [])


def test_it_says_what_happened_where_and_to_whom() -> None:
    error = raised(RuntimeError("the disk is full"))
    assert error["error"] == "RuntimeError"
    assert error["message"] == "the disk is full"
    assert error["worker"] == "worker-1"
    assert "in fail" in error["traceback"]
    assert error["traceback"].rstrip().endswith("RuntimeError: the disk is full")
    assert error["at"].endswith("+00:00")


def test_the_cause_is_in_the_traceback() -> None:
    error = raised(RuntimeError("no such user"), cause=KeyError("name"))
    assert "KeyError: 'name'" in error["traceback"]
    assert error["message"] == "no such user"


def test_secrets_are_masked_in_message_and_traceback() -> None:
    error = raised(RuntimeError("login as ann with hunter2 failed"), ["hunter2"])
    assert error["message"] == f"login as ann with {MASK} failed"
    assert "hunter2" not in error["traceback"]
    assert MASK in error["traceback"]


def test_a_secret_in_a_cause_is_masked_too() -> None:
    error = raised(RuntimeError("failed"), ["hunter2"], cause=KeyError("hunter2"))
    assert "KeyError" in error["traceback"]
    assert "hunter2" not in error["traceback"]


@pytest.mark.parametrize("names", [("short", "long"), ("long", "short")])
def test_a_secret_that_begins_like_another_leaves_nothing_of_it(names: tuple[str, ...]) -> None:
    secrets = secret_values({"short": "hunter", "long": "hunter2000"}, names)
    error = raised(RuntimeError("failed with hunter2000"), secrets)
    assert error["message"] == f"failed with {MASK}"


def test_a_secret_is_masked_as_python_writes_it_too() -> None:
    """A KeyError shows its key as Python would write it; so does everything that uses repr."""
    secret = "line one\nline 'two'"
    error = raised(KeyError(secret), secret_values({"text": secret}, {"text"}))
    assert "line one" not in error["message"]
    assert "line one" not in error["traceback"]


def test_a_secret_cut_by_the_limit_leaves_no_part_of_itself() -> None:
    text = "x" * (MESSAGE_LIMIT - 3) + "hunter2"
    assert "hun" not in raised(RuntimeError(text), ["hunter2"])["message"]


def test_no_nul_is_kept_as_postgresql_takes_none() -> None:
    error = raised(RuntimeError("before\x00after"))
    assert error["message"] == "before\\0after"
    assert "\\u0000" not in json.dumps(error)


def test_no_half_of_a_surrogate_pair_is_kept_as_postgresql_takes_none() -> None:
    """The name of a file that is not UTF-8 has them."""
    name = b"caf\xe9.txt".decode("utf-8", "surrogateescape")
    error = raised(FileNotFoundError(f"{name} is missing"))
    assert error["message"].startswith("caf")
    json.dumps(error, ensure_ascii=False).encode()


@given(st.text())
def test_any_message_can_be_stored(text: str) -> None:
    stored = json.dumps(error_of(RuntimeError(text), "worker-1"), ensure_ascii=False)
    assert "\\u0000" not in stored.replace("\\\\", "")
    stored.encode()


def test_an_exception_that_cannot_be_shown_is_still_an_error() -> None:
    class UnspeakableError(Exception):
        def __str__(self) -> str:
            raise ValueError("cannot say")

    error = raised(UnspeakableError())
    assert error["error"] == "UnspeakableError"
    assert error["message"]


def test_a_long_message_is_cut_at_its_end() -> None:
    message = raised(RuntimeError("start" + "x" * 2 * MESSAGE_LIMIT))["message"]
    assert len(message) == MESSAGE_LIMIT
    assert message.startswith("start")


def test_a_long_traceback_keeps_the_end_which_names_the_error() -> None:
    text = raised(RuntimeError("x" * 2 * TRACEBACK_LIMIT + "end"))["traceback"]
    assert len(text) == TRACEBACK_LIMIT
    assert text.rstrip().endswith("end")


def test_a_lost_worker_is_named() -> None:
    error = error_of_lost_worker("worker-1")
    assert error["worker"] == "worker-1"
    assert error["error"] == "WorkerLost"
    assert error["traceback"] == ""


def test_secret_values_are_those_of_the_sensitive_fields_that_say_something() -> None:
    payload = {"to": "ann@example.com", "text": "hunter2", "html": "", "pin": 1234}
    assert secret_values(payload, {"text", "html", "pin", "absent"}) == ["hunter2", "1234"]


def test_secret_values_are_found_inside_lists_and_objects() -> None:
    payload = {"card": {"number": "4111 1111", "codes": ["123-a", 987]}, "to": "ann"}
    error = raised(RuntimeError("4111 1111 refused: 123-a, 987"), secret_values(payload, {"card"}))
    assert error["message"] == f"{MASK} refused: {MASK}, {MASK}"


def recorded(error: AttemptError, attempt: int = 1) -> RecordedError:
    return {**error, "attempt": attempt}


def test_the_summary_is_the_last_error_in_one_line() -> None:
    first, last = recorded(raised(KeyError("a"))), recorded(raised(OSError("no\nroute")), 2)
    assert error_summary([first, last]) == "OSError: no"


def test_the_summary_of_an_error_without_a_message_is_its_class() -> None:
    assert error_summary([recorded(raised(ValueError()))]) == "ValueError"


def test_the_summary_of_no_error_is_empty() -> None:
    assert error_summary([]) == ""


@given(st.text())
def test_the_summary_is_short_and_never_has_two_lines(message: str) -> None:
    summary = error_summary([recorded(error_of(RuntimeError(message), "worker-1"))])
    assert len(summary.splitlines()) == 1
    assert len(summary) <= SUMMARY_LIMIT
