"""The one thread on which the ORM calls of all async handlers run."""

import asyncio

from asgiref.sync import sync_to_async

from jobs.core.clock import Clock
from jobs.worker.execution.thread_connections import CHECK_SECONDS, refresh_shared_connections


class OrmThread:
    """Keeps the connections of that thread fresh; used from the event loop alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refreshed_at = 0.0
        self._refresh: asyncio.Task[None] | None = None

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
            self._refresh = asyncio.create_task(sync_to_async(refresh_shared_connections)())
            await asyncio.sleep(0)  # so that the task begins before the caller goes on
