"""What a handler returns: what is awaitable is awaited, and what can be no result is refused."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Awaitable, Generator
from concurrent.futures import Future
from functools import partial
from inspect import isawaitable, isclass, isroutine
from typing import Any

from asgiref.sync import async_to_sync

from jobs.core.errors import JobTimeout, OutcomeUnknown, PermanentError
from jobs.core.states import Effect

# Of these a call has made something that has not run, or not to its end. Not of any iterator: a
# file is one, and so is a cursor of a database that has done its work. `contextmanager` makes
# objects of its own of generators.
_NOT_RUN = (
    *(Generator, AsyncGenerator, Future, partial, map, filter, zip),
    *(one for one in vars(itertools).values() if isclass(one) and one.__module__ == "itertools"),
    *(contextlib._GeneratorContextManager, contextlib._AsyncGeneratorContextManager),
)


def finish_on_thread(returned: object, effect: Effect, seconds_left: float | None) -> object:
    """Awaits what a plain handler returned, if that is awaitable, within `seconds_left`.

    Returns what is left.

    What it asks of Django's async ORM runs on the calling thread, in the transaction of a
    transactional handler, too. None is no limit.

    Raises JobTimeout when the time is over, and what `refuse_unfinished` raises.
    """
    if isawaitable(returned):
        returned = async_to_sync(_finish_in_time)(returned, seconds_left)
    refuse_unfinished(returned, effect)
    return returned


async def finish(returned: object) -> object:
    """Awaits what is awaitable, and then what that gives; returns what is left."""
    while isawaitable(returned):
        awaited = await returned
        if awaited is returned:
            break
        returned = awaited
    return returned


def refuse_unfinished(returned: object, effect: Effect) -> None:
    """Refuses a result that shows that the handler's work has not been done, such as a generator.

    Raises PermanentError. For `Effect.ONCE` OutcomeUnknown, because the function that returned it
    did run.
    """
    if returned is None or not (isinstance(returned, _NOT_RUN) or isroutine(returned)):
        return
    close = getattr(returned, "close", None)
    if isinstance(returned, Generator) and close is not None:
        close()
    sentence = (
        f"the handler returned a {type(returned).__name__}, which nothing runs: "
        "a handler does its work before it returns"
    )
    raise OutcomeUnknown(sentence) if effect is Effect.ONCE else PermanentError(sentence)


async def _finish_in_time(returned: Awaitable[Any], seconds_left: float | None) -> object:
    limit = asyncio.timeout(seconds_left)
    try:
        async with limit:
            return await finish(returned)
    except TimeoutError:
        if limit.expired():
            raise JobTimeout from None
        raise
