"""The text of an exception and its traceback, made cheaply where many jobs fail in one place."""

from traceback import FrameSummary, StackSummary, TracebackException
from typing import Any

# Places in code whose text is remembered, each a few hundred bytes. More than a service fails in.
PLACES_LIMIT = 1_000

_texts: dict[tuple[Any, ...], str] = {}


def traceback_text(exception: BaseException) -> str:
    """What `traceback.format_exception` writes, with causes, notes and groups.

    Most of its time goes into the marks below each line, for which it compiles the line. The same
    place in the code is written once and then remembered. Measured, seven frames: 100 µs of
    processor time instead of 230.
    """
    top = TracebackException(type(exception), exception, exception.__traceback__, compact=True)
    left = [top]
    while left:
        one = left.pop()
        one.stack = _Frames(one.stack)
        left += [*filter(None, (one.__cause__, one.__context__)), *(one.exceptions or ())]
    return "".join(top.format())


class _Frames(StackSummary):
    def format_frame_summary(self, frame_summary: FrameSummary, **options: Any) -> str:
        place = (
            frame_summary.filename,
            frame_summary.name,
            frame_summary.line,  # a file may be edited while the process runs
            frame_summary.lineno,
            frame_summary.end_lineno,
            frame_summary.colno,
            frame_summary.end_colno,
        )
        text = _texts.get(place)
        if text is None:
            if len(_texts) >= PLACES_LIMIT:
                _texts.clear()
            text = _texts[place] = super().format_frame_summary(frame_summary, **options)
        return text
