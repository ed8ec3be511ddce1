"""The text of an exception and its traceback, made cheaply where many jobs fail in one place."""

import linecache
from collections.abc import Callable, Iterator
from itertools import islice
from traceback import FrameSummary, StackSummary, TracebackException
from types import CodeType, TracebackType
from typing import Any

# Places in code whose text is remembered, each a few hundred bytes. More than a service fails in.
PLACES_LIMIT = 1_000

# Python adds where, or what else might have been meant; or they have exceptions in them.
_OF_MORE_LINES = (SyntaxError, NameError, AttributeError, ImportError, BaseExceptionGroup)

_HEAD = "Traceback (most recent call last):\n"

_places: "dict[tuple[CodeType, int], _Place]" = {}


def traceback_text(exception: BaseException, masked: Callable[[str], str] | None = None) -> str:
    """What `traceback.format_exception` writes, with causes, notes and groups.

    `masked`: gets what each exception says before it is set in: within a group every line of it
    gets a margin, behind which a text of several lines could not be found any more.

    Most of its time goes into the marks below each line, for which it compiles the line. The same
    place in the code is written once and then remembered. Nor is each file asked whether it has
    changed: a thread that does so lets go of the interpreter, and of ten threads whose jobs fail
    each waited 2.5 ms for it. What most exceptions are is put together here; others are left to
    Python. Measured, seven frames: 3 µs of processor time, in a loop, and 12 by Python;
    100 and 230 before the places were remembered.
    """
    if _is_plain(exception):
        return _plain_text(exception, masked)
    top = TracebackException(
        type(exception), exception, exception.__traceback__, limit=0, compact=True
    )
    left = [(top, exception)]
    while left:
        one, of = left.pop()
        one.stack = _Frames.of(of.__traceback__)
        if masked is not None:
            _mask(one, masked)
        if one.__cause__ is not None and of.__cause__ is not None:
            left.append((one.__cause__, of.__cause__))
        if one.__context__ is not None and of.__context__ is not None:
            left.append((one.__context__, of.__context__))
        left += zip(one.exceptions or (), getattr(of, "exceptions", ()), strict=False)
    return "".join(top.format())


def _is_plain(exception: BaseException) -> bool:
    """Whether it is one line below its frames: nothing before it, in it, or to be added to it."""
    return (
        exception.__cause__ is None
        and (exception.__context__ is None or exception.__suppress_context__)
        and getattr(exception, "__notes__", None) is None
        and not isinstance(exception, _OF_MORE_LINES)
    )


def _plain_text(exception: BaseException, masked: Callable[[str], str] | None) -> str:
    says = str(exception)
    if masked is not None:
        says = masked(says)
    name = _name_of(type(exception))
    last = f"{name}: {says}\n" if says else f"{name}\n"
    if exception.__traceback__ is None:
        return last
    return "".join((_HEAD, *_Frames.of(exception.__traceback__).format(), last))


def _mask(one: TracebackException, masked: Callable[[str], str]) -> None:
    fields = vars(one)
    if isinstance(says := fields.get("_str"), str):  # it has no public name
        fields["_str"] = masked(says)
    if isinstance(notes := fields.get("__notes__"), list | tuple):
        fields["__notes__"] = [masked(one) if isinstance(one, str) else one for one in notes]


def frames_text(exception: BaseException) -> str:
    """The same without anything that an exception says: types and frames, causes first."""
    return "".join(_parts(exception, set()))


def _parts(exception: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(exception))
    before = exception.__cause__
    if before is None and not exception.__suppress_context__:
        before = exception.__context__
    if before is not None and id(before) not in seen:
        yield from _parts(before, seen)
        yield "\nThen:\n\n"
    yield _HEAD
    yield from _Frames.of(exception.__traceback__).format()
    yield f"{_name_of(type(exception))}\n"
    for one in getattr(exception, "exceptions", ()):
        if isinstance(one, BaseException) and id(one) not in seen:
            yield "\nOne of its exceptions:\n\n"
            yield from _parts(one, seen)


def _name_of(kind: type[BaseException]) -> str:
    name = kind.__qualname__
    return name if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{name}"


class _Frames(StackSummary):
    @classmethod
    def of(cls, traceback: TracebackType | None) -> "_Frames":
        frames = cls()
        while traceback is not None:
            frames.append(_place(traceback))
            traceback = traceback.tb_next
        return frames

    def format_frame_summary(self, frame_summary: FrameSummary, **options: Any) -> str:
        assert isinstance(frame_summary, _Place)
        if frame_summary.text is None:
            frame_summary.text = super().format_frame_summary(frame_summary, **options)
        return frame_summary.text


class _Place(FrameSummary):
    """A place in the code, and its text once that has been written."""

    text: str | None = None


def _place(traceback: TracebackType) -> _Place:
    """As the module `traceback` makes it, once for each place."""
    code = traceback.tb_frame.f_code
    key = code, traceback.tb_lasti
    place = _places.get(key)
    if place is None:
        if len(_places) >= PLACES_LIMIT:
            _places.clear()
        linecache.lazycache(code.co_filename, traceback.tb_frame.f_globals)
        at = next(islice(code.co_positions(), traceback.tb_lasti // 2, None), (None,) * 4)
        lineno, end_lineno, colno, end_colno = at
        place = _places[key] = _Place(
            code.co_filename,
            traceback.tb_lineno if lineno is None else lineno,
            code.co_name,
            lookup_line=False,
            end_lineno=end_lineno,
            colno=colno,
            end_colno=end_colno,
        )
    return place
