"""What is kept of an exception: readable, small, storable, without secrets."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.core.attempt_error import (
    MESSAGE_LIMIT,
    SUMMARY_LIMIT,
    TRACEBACK_LIMIT,
    AttemptError,
    RecordedError,
    error_of,
    error_of_lost_worker,
    error_summary,
    shown_attempts,
)
from jobs.core.secrets import MASK, NO_SECRETS, WITHHELD, Secrets


def raised(
    exception: Exception, *secrets: str | int, cause: Exception | None = None
) -> AttemptError:
    """What is kept of an exception that was really raised, so that it has a traceback."""

    def fail() -> None:
        raise exception from cause

    with pytest.raises(type(exception)) as caught:
        fail()
    return error_of(caught.value, "worker-1", kept_secret(*secrets))


def kept_secret(*values: object) -> Secrets:
    return Secrets({"secret": list(values)}, {"secret"}) if values else NO_SECRETS


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


class Text(str):
    """Whatever is asked of it fails."""

    def __getitem__(self, index: object) -> str:
        raise SystemExit


class Nameless(type):
    """The class of a class that does not tell its name."""

    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise SystemExit


class Odd(Exception, metaclass=Nameless):
    def __str__(self) -> str:
        return Text("odd")


def deep() -> ExceptionGroup[Exception]:
    group: ExceptionGroup[Exception] = ExceptionGroup("innermost", [ValueError()])
    for _ in range(3_000):
        group = ExceptionGroup("group", [group])
    return group


@pytest.mark.parametrize("secret", [[], ["e"], ["longer than that"]])
def test_nothing_is_raised_whatever_an_exception_is(secret: list[str]) -> None:
    assert raised(Odd(), *secret)["error"] == "Odd"
    assert "in fail" in raised(deep(), *secret)["traceback"]
    odd_place: Any = ("f", "1", "5", "no")
    assert "in fail" in raised(SyntaxError("x", odd_place), *secret)["traceback"]


def test_secrets_are_masked_in_message_and_traceback() -> None:
    error = raised(RuntimeError("login as ann with hunter2 failed"), "hunter2")
    assert error["message"] == f"login as ann with {MASK} failed"
    assert "hunter2" not in error["traceback"]
    assert MASK in error["traceback"]


def test_a_secret_in_a_cause_is_masked_too() -> None:
    error = raised(RuntimeError("failed"), "hunter2", cause=KeyError("hunter2"))
    assert "KeyError" in error["traceback"]
    assert "hunter2" not in error["traceback"]


@pytest.mark.parametrize("names", [("short", "long"), ("long", "short")])
def test_a_secret_that_begins_like_another_leaves_nothing_of_it(names: tuple[str, ...]) -> None:
    payload = {"short": "hunter", "long": "hunter2000"}
    error = error_of(RuntimeError("failed with hunter2000"), "w", Secrets(payload, names))
    assert error["message"] == f"failed with {MASK}"


def test_a_secret_is_masked_as_python_writes_it_too() -> None:
    """A KeyError shows its key as Python would write it; so does everything that uses repr."""
    secret = "line one\nline 'two'"
    error = raised(KeyError(secret), secret)
    assert "line one" not in error["message"]
    assert "line one" not in error["traceback"]


def test_a_secret_cut_by_the_limit_leaves_no_part_of_itself() -> None:
    text = "x" * (MESSAGE_LIMIT - 3) + "hunter2"
    assert "hun" not in raised(RuntimeError(text), "hunter2")["message"]


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


def test_secrets_are_found_inside_lists_and_objects() -> None:
    payload = {"card": {"number": "4111 1111", "codes": ["123-abc", 987_654]}, "to": "ann"}
    error = error_of(
        RuntimeError("4111 1111 refused: 123-abc, 987654"), "w", Secrets(payload, {"card"})
    )
    assert error["message"] == f"{MASK} refused: {MASK}, {MASK}"


@pytest.mark.parametrize("secret", ["e", "12345", 0, 1234, 2.5, "  pin  ", "\u00fc\u00e4"])
def test_with_a_short_secret_only_types_and_frames_are_kept(secret: str | int) -> None:
    """Masking it wherever it occurs would show it by its gaps."""
    said = f"the secret {secret} was refused"
    error = raised(RuntimeError(said), secret, "a longer one", cause=KeyError(said))
    assert error["message"] == WITHHELD
    assert "was refused" not in error["traceback"]
    assert MASK not in error["traceback"]
    assert "in fail" in error["traceback"]
    assert "KeyError\n" in error["traceback"]
    assert error["traceback"].endswith("RuntimeError\n")


@pytest.mark.parametrize("nothing", ["", "   ", None, True, False, [], {}])
def test_what_says_nothing_withholds_nothing(nothing: object) -> None:
    secrets = Secrets({"secret": nothing}, {"secret", "absent"})
    assert error_of(RuntimeError("no such user"), "w", secrets)["message"] == "no such user"


def test_notes_groups_and_contexts_are_withheld_as_well() -> None:
    inner = ValueError("secret e")
    inner.add_note("the secret is e")
    try:
        try:
            raise inner
        except ValueError:
            raise ExceptionGroup("many e", [OSError("e"), inner])  # noqa: B904
    except ExceptionGroup as group:
        text = error_of(group, "w", kept_secret("e"))["traceback"]
    assert "secret" not in text.replace("secret(", "")
    assert "many e" not in [line.strip() for line in text.splitlines()]
    assert {"ValueError", "OSError", "ExceptionGroup"} <= set(text.split())


def test_a_secret_of_several_lines_is_masked_within_a_group_as_well() -> None:
    """There each line of a message and of a note has a margin."""
    secret = "-----BEGIN KEY-----\nMIIEvQIBADANBg\n  kqhkiG9w0BAQ\n-----END KEY-----"
    inner = ValueError(f"not a key: {secret}")
    inner.add_note(f"given was\n{secret}")
    group = ExceptionGroup(f"two of {secret}", [inner, ExceptionGroup("deep", [OSError(secret)])])
    text = raised(group, secret)["traceback"]
    assert not [line for line in secret.splitlines() if line.strip() in text]
    assert text.count(MASK) == 4


def test_an_exception_that_cannot_be_shown_is_masked_too() -> None:
    class UnspeakableError(Exception):
        __notes__: Any = 7

        def __str__(self) -> str:
            raise ValueError("cannot say")

    assert "UnspeakableError" in raised(UnspeakableError(), "hunter2")["traceback"]


@pytest.mark.parametrize(
    "written", [str.upper, str.lower, repr, ascii, json.dumps, quote, quote_plus, str.encode]
)
def test_a_secret_is_masked_as_others_write_it(written: Callable[[str], object]) -> None:
    secret = 'J\u00fcrgen\'s "Passw\u00f6rt"\n1'
    said = f"login with {written(secret)} failed"
    message = raised(RuntimeError(said), secret)["message"]
    assert MASK in message
    assert "ssw" not in message.lower()


@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
@pytest.mark.parametrize("name", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("end", ["", "!", "!!"])
def test_a_secret_is_masked_within_base64(
    encode: Callable[[bytes], bytes], name: str, end: str
) -> None:
    """Credentials of HTTP Basic are a name, a colon and a password."""
    password = "\u00ffpass\u00ffword>?"
    sent = encode(f"{name}:{password}{end}".encode()).decode()
    left = raised(RuntimeError(f"refused: {sent}"), password)["message"].removeprefix("refused: ")
    assert left.count(MASK) == 1
    assert len(left) - len(MASK) <= 12  # the name, and what the ends share with their neighbours


def test_without_tracebacks_an_error_is_one_line() -> None:
    error = recorded(raised(RuntimeError("no route\nin /srv/app/secret.py")))
    [shown] = shown_attempts([error], with_tracebacks=False)
    assert shown == {name: error[name] for name in ("worker", "at", "error", "attempt")} | {
        "message": "no route"
    }
    assert shown_attempts([error], with_tracebacks=True) == [error]


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
