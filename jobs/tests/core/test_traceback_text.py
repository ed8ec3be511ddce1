"""The text of an exception is what Python itself writes, also the second time."""

import traceback
from collections.abc import Callable

import pytest

from jobs.core import traceback_text as module
from jobs.core.traceback_text import traceback_text


def exception_of(fail: Callable[[], None]) -> Exception:
    with pytest.raises((ValueError, RuntimeError, KeyError, SyntaxError, ExceptionGroup)) as raised:
        fail()
    return raised.value


def recursive(depth: int) -> None:
    if depth == 0:
        raise ValueError("at the bottom")
    recursive(depth - 1)


def plain() -> None:
    recursive(2)


def repeated() -> None:
    recursive(40)


def with_a_cause() -> None:
    try:
        recursive(1)
    except ValueError as error:
        raise RuntimeError("because of that") from error


def with_a_context() -> None:
    try:
        recursive(1)
    except ValueError:
        raise KeyError("missing")  # noqa: B904 - Python tells the context of its own accord


def with_a_note() -> None:
    error = ValueError("look below")
    error.add_note("written on it later")
    raise error


def in_a_group() -> None:
    raise ExceptionGroup("several", [exception_of(plain), exception_of(with_a_cause)])


def of_syntax() -> None:
    compile("a b", "<text>", "exec")


def over_several_lines() -> None:
    recursive(
        int(
            "0",
        ),
    )


def of_a_class_of_its_own() -> None:
    class Refused(ValueError):
        pass

    raise Refused("of\nseveral lines")


def without_a_word() -> None:
    raise ValueError


def with_a_context_that_is_left_out() -> None:
    try:
        recursive(1)
    except ValueError:
        raise RuntimeError("alone") from None


def with_a_name_that_was_meant() -> None:
    try:
        [].apend(1)  # type: ignore[attr-defined]
    except AttributeError as error:
        raise ValueError("no such") from error


@pytest.mark.parametrize(
    "fail",
    [
        plain,
        of_a_class_of_its_own,
        without_a_word,
        with_a_context_that_is_left_out,
        with_a_name_that_was_meant,
        repeated,
        with_a_cause,
        with_a_context,
        with_a_note,
        in_a_group,
        of_syntax,
        over_several_lines,
    ],
)
def test_it_is_what_python_writes(fail: Callable[[], None]) -> None:
    error = exception_of(fail)
    expected = "".join(traceback.format_exception(error))
    assert traceback_text(error) == expected
    assert traceback_text(error) == expected  # from memory


@pytest.mark.parametrize("error", [ValueError("never raised"), ValueError()])
def test_what_was_never_raised_has_no_frames(error: Exception) -> None:
    assert traceback_text(error) == "".join(traceback.format_exception(error))


def test_a_name_that_was_meant_is_told() -> None:
    with pytest.raises(AttributeError) as raised:
        [].apend(1)  # type: ignore[attr-defined]
    assert traceback_text(raised.value) == "".join(traceback.format_exception(raised.value))


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PLACES_LIMIT", 3)
    monkeypatch.setattr(module, "_places", {})
    for fail in (plain, with_a_cause, with_a_context, with_a_note):
        traceback_text(exception_of(fail))
        assert len(module._places) <= 3
