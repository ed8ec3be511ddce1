"""The one thread on which the ORM calls of all async handlers run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from asgiref.sync import sync_to_async
from django.db.backends.base.base import BaseDatabaseWrapper

from jobs.core.clock import Clock
from jobs.worker.execution.session_reset import is_used
from jobs.worker.execution.thread_connections import (
    CHECK_SECONDS,
    refresh_shared_connections,
    reset_shared_connections,
    thread_connections,
)


class OrmThread:
    """Keeps the connections of that thread fresh and reset; used from the event loop alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refreshed_at = 0.0
        self._refresh: asyncio.Task[None] | None = None
        self._reset: asyncio.Task[None] | None = None
        self._handlers = 0
        self._opened: list[BaseDatabaseWrapper] | None = None  # None until that thread was asked

    async def refresh(self) -> None:
        """Once a second: has the connections checked, before the caller's next ORM call.

        The check is put in line on that thread and not waited for: what another handler does
        there may take long.
        """
        now = self._clock.monotonic()
        if now - self._refreshed_at <= CHECK_SECONDS:
            return
        self._refreshed_at = now
        if self._refresh is None or self._refresh.done():
            self._refresh = asyncio.create_task(sync_to_async(self._refresh_there)())
            await asyncio.sleep(0)  # so that the task begins before the caller goes on

    @asynccontextmanager
    async def used_by_handler(self) -> AsyncIterator[None]:
        """The block is a handler. When the last one that runs has ended, used sessions are reset.

        Not sooner: the handlers that run share these sessions, and the calls of one come between
        those of another. The reset is put in line before what later handlers ask of that thread.
        """
        self._handlers += 1
        try:
            yield
        finally:
            self._handlers -= 1
            if self._handlers == 0 and self._may_have_changed():
                self._reset = asyncio.create_task(sync_to_async(reset_shared_connections)())
                # A handler may have cancelled its own task: it has ended as it has.
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(0)

    def _refresh_there(self) -> None:
        refresh_shared_connections()
        self._opened = thread_connections.opened

    def _may_have_changed(self) -> bool:
        return self._opened is not None and any(is_used(one) for one in list(self._opened))
