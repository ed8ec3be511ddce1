"""One event loop that runs `async def` handlers, many at a time, on one thread."""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable

from jobs.core.claim import ClaimedJob
from jobs.core.outcome import Outcome, Succeeded
from jobs.services.attempts import Finished
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.capacity import STALL_SECONDS, Capacity

logger = logging.getLogger(__name__)

# Looks are a second apart, and counted: after a frozen process has thawed, the loop has its turn
# before anything is held against it.
SILENT_TICKS = 3
UNRESPONSIVE_TICKS = 30
# How long a handler that was cancelled may take to stop before its place is given away.
STUCK_TICKS = 5


class EventLoop:
    """The executor of coroutines; its claims wait in the loop's own thread.

    A coroutine that blocks stops all others: `watch` notices.
    """

    def __init__(
        self,
        room: Capacity,
        run: Callable[[Attempt], Awaitable[Outcome]],
        give_up: Callable[[Attempt], Outcome],
        finished: Callable[[Finished], None],
    ) -> None:
        self.room = room
        self._run = run
        self._give_up_on = give_up
        self._finished = finished
        self._lock = threading.Lock()
        self._waiting: deque[ClaimedJob] = deque()
        self._waiting_since = time.monotonic()
        self._running: dict[asyncio.Task[None], Attempt] = {}
        self._overdue: dict[Attempt, int] = {}  # for how many looks
        self.stuck = 0  # handlers that go on although they were given up
        self._answered = True
        self._missed = 0
        self._stopped = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._work, name="loop", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, claims: list[ClaimedJob]) -> None:
        self.room.take(len(claims))
        with self._lock:
            if not self._waiting:
                self._waiting_since = time.monotonic()
            self._waiting.extend(claims)
        self._loop.call_soon_threadsafe(self._fill)

    def take_back(self) -> list[ClaimedJob]:
        """Claims that have not begun; they are the caller's again."""
        with self._lock:
            claims = list(self._waiting)
            self._waiting.clear()
        self.room.release(len(claims))
        return claims

    def welcome(self, *, look_ahead: bool) -> int:
        """How many more claims; to be called with the room's condition held."""
        return 0 if self.is_silent else self.room.welcome(look_ahead=look_ahead)

    def is_stalled(self) -> bool:
        """Whether claims wait although none has begun for a while: it is full, or blocked."""
        waited = time.monotonic() - self._waiting_since
        return bool(self._waiting) and waited > STALL_SECONDS

    @property
    def is_silent(self) -> bool:
        """Whether a handler has blocked the loop for some seconds."""
        return self._missed >= SILENT_TICKS

    @property
    def is_alive(self) -> bool:
        """False once its thread has died, or a handler has blocked it for very long."""
        return self._thread.is_alive() and self._missed < UNRESPONSIVE_TICKS

    def watch(self) -> None:
        """Called once a second by another thread: notices a blocked loop, and who is overdue."""
        self._listen()
        self._give_up_overdue()

    def stop(self) -> None:
        """Ends the loop; what still runs on it is left."""
        self._stopped = True
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _work(self) -> None:
        while not self._stopped:
            try:
                self._loop.run_forever()
            except (SystemExit, KeyboardInterrupt) as exception:
                # asyncio lets these out of any task that a handler has made.
                kind = type(exception).__name__
                logger.error("A task on the event loop raised %s; the loop goes on", kind)

    def _fill(self) -> None:
        """Begins waiting claims while there are free places; runs in the loop."""
        while len(self._running) - self.stuck < self.room.size:
            with self._lock:
                if not self._waiting:
                    return
                claim = self._waiting.popleft()
                self._waiting_since = time.monotonic()
            attempt = Attempt(claim)
            task = self._loop.create_task(self._attempt(attempt))
            self._running[task] = attempt
            task.add_done_callback(self._ended)

    async def _attempt(self, attempt: Attempt) -> None:
        begun = self.room.begun()
        try:
            outcome = await self._run(attempt)
        except BaseException as mistake:  # noqa: BLE001 - it must not stay without an outcome
            outcome = attempt.mistaken(mistake)
        if not attempt.settle():
            self._ended_late(attempt.claim, outcome)
            return
        self.room.ended(begun)
        self._finished(Finished(attempt.claim, outcome))
        self.room.release(1)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._fill()

    def _ended_late(self, claim: ClaimedJob, outcome: Outcome) -> None:
        """Only a success is still of use: it settles a dead letter that says *outcome unknown*."""
        with self._lock:
            self.stuck -= 1
        if isinstance(outcome, Succeeded):
            self._finished(Finished(claim, outcome))

    def _listen(self) -> None:
        if not self._answered:
            self._missed += 1
            if self._missed == SILENT_TICKS:
                types = sorted({attempt.claim.type for attempt in list(self._running.values())})
                logger.error("The event loop is blocked by a handler of: %s", ", ".join(types))
            return
        if self.is_silent:
            logger.warning("The event loop answers again")
        self._missed = 0
        self._answered = False
        self._loop.call_soon_threadsafe(self._answer)

    def _answer(self) -> None:
        self._answered = True

    def _give_up_overdue(self) -> None:
        """Handlers that go on although they were cancelled: nobody waits for them any longer."""
        running = list(self._running.values())
        overdue = [attempt for attempt in running if attempt.seconds_overdue() > 0]
        self._overdue = {attempt: self._overdue.get(attempt, 0) + 1 for attempt in overdue}
        for attempt, looks in self._overdue.items():
            if looks > STUCK_TICKS and attempt.settle():
                with self._lock:
                    self.stuck += 1
                self._finished(Finished(attempt.claim, self._give_up_on(attempt)))
                self.room.release(1)
                self._loop.call_soon_threadsafe(self._fill)
