"""One event loop that runs `async def` handlers, many at a time, on one thread."""

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable

from jobs.claim import ClaimedJob
from jobs.outcome import Outcome
from jobs.services.lifecycle import Finished
from jobs.worker.room import Room


class EventLoop:
    """The executor of coroutines; its claims wait in the loop's own thread."""

    def __init__(
        self,
        room: Room,
        run: Callable[[ClaimedJob], Awaitable[Outcome]],
        finished: Callable[[Finished], None],
    ) -> None:
        self.room = room
        self._run = run
        self._finished = finished
        self._lock = threading.Lock()
        self._waiting: deque[ClaimedJob] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, claims: list[ClaimedJob]) -> None:
        self.room.take(len(claims))
        with self._lock:
            self._waiting.extend(claims)
        self._loop.call_soon_threadsafe(self._fill)

    def take_back(self) -> list[ClaimedJob]:
        """Claims that have not begun; they are the caller's again."""
        with self._lock:
            claims = list(self._waiting)
            self._waiting.clear()
        self.room.release(len(claims))
        return claims

    def stop(self) -> None:
        """Ends the loop; what still runs on it is left."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _fill(self) -> None:
        """Begins waiting claims while there are free places; runs in the loop."""
        while len(self._tasks) < self.room.size:
            with self._lock:
                if not self._waiting:
                    return
                claim = self._waiting.popleft()
            task = self._loop.create_task(self._attempt(claim))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    async def _attempt(self, claim: ClaimedJob) -> None:
        begun = self.room.begun()
        outcome = await self._run(claim)
        self.room.ended(begun)
        self._finished(Finished(claim, outcome))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.room.release(1)
        self._fill()
