"""How far a handler has come, as it says itself."""

from typing import NamedTuple

from jobs.core.number import is_number

# Length of the column `ProgressReport.message`, in characters.
MESSAGE_MAX = 200


class Progress(NamedTuple):
    """`done` of `total`, in whatever the handler counts; `total` is None where it is not known."""

    done: float
    total: float | None
    message: str


def progress_of(done: float, total: float | None = None, message: str = "") -> Progress:
    """A handler's report; the message is cut to 200 characters, of which none is a NUL.

    Raises ValueError for what is no number, is negative, or a `total` of 0.
    """
    if not is_number(done, int, float) or done < 0:
        raise ValueError(f"progress: done is {done!r}; make it a number, 0 or more")
    if total is not None and not (is_number(total, int, float) and total > 0):
        raise ValueError(f"progress: total is {total!r}; make it a number above 0, or leave it out")
    return Progress(float(done), None if total is None else float(total), _storable(message))


def _storable(message: str) -> str:
    """PostgreSQL stores neither a NUL nor half a surrogate pair."""
    text = str(message).replace("\x00", "")[:MESSAGE_MAX]
    return text.encode("utf-8", "replace").decode()
