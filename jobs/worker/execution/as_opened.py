"""What Django and psycopg keep of a connection beside its session: put back as it was when opened.

A handler that switches autocommit off in psycopg, asks for another isolation, has rows come as
dictionaries or puts a wrapper around statements would do so for each job that comes after it, which
PostgreSQL cannot know.
"""

from typing import Any, NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper

# Of psycopg's connection. Each is set anew only where it has changed.
_OF_PSYCOPG = (
    "autocommit",
    "isolation_level",
    "read_only",
    "deferrable",
    "row_factory",
    "cursor_factory",
    "server_cursor_factory",
)
# Of the same: lists of functions that psycopg calls. It has no way to see or to empty them.
_HANDLERS = ("_notice_handlers", "_notify_handlers")


class _AsOpened(NamedTuple):
    raw: Any
    of_psycopg: tuple[Any, ...]
    handlers: tuple[list[Any], ...]
    wrappers: list[Any]
    is_debugged: bool


def note_as_opened(wrapper: BaseDatabaseWrapper) -> None:
    """Remembers how the connection is now; to be called when it has been opened.

    Asked again about the same connection, it does nothing.
    """
    raw: Any = wrapper.connection
    known: _AsOpened | None = getattr(wrapper, "_jobs_as_opened", None)
    if known is None or known.raw is not raw:
        wrapper._jobs_as_opened = _AsOpened(  # type: ignore[attr-defined]
            raw,
            tuple(getattr(raw, name, None) for name in _OF_PSYCOPG),
            tuple(list(getattr(raw, name, ())) for name in _HANDLERS),
            list(wrapper.execute_wrappers),
            wrapper.force_debug_cursor,
        )


def put_back_as_opened(wrapper: BaseDatabaseWrapper) -> None:
    """Undoes what a handler has changed; the connection is in no transaction."""
    raw: Any = wrapper.connection
    known: _AsOpened | None = getattr(wrapper, "_jobs_as_opened", None)
    if known is None or known.raw is not raw:
        return
    for name, value in zip(_OF_PSYCOPG, known.of_psycopg, strict=True):
        if getattr(raw, name, None) != value:
            setattr(raw, name, value)
    for name, handlers in zip(_HANDLERS, known.handlers, strict=True):
        if getattr(raw, name, handlers) != handlers:
            getattr(raw, name)[:] = handlers
    wrapper.execute_wrappers[:] = known.wrappers
    wrapper.force_debug_cursor = known.is_debugged


def drop_doubled(wrapper: BaseDatabaseWrapper) -> None:
    """Leaves each wrapper and handler once, after receivers of `connection_created` ran again."""
    for functions in (
        wrapper.execute_wrappers,
        *(getattr(wrapper.connection, name, []) for name in _HANDLERS),
    ):
        if len(functions) > 1:
            functions[:] = [
                one for place, one in enumerate(functions) if one not in functions[:place]
            ]
