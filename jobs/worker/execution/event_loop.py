"""Runs `async def` handlers, many at a time, on one thread with an event loop."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from contextvars import Context

from jobs.core.claim import ClaimedJob
from jobs.core.outcome import Outcome
from jobs.worker.execution.attempt import Attempt
from jobs.worker.execution.capacity import STALL_SECONDS, Capacity
from jobs.worker.execution.clean_executor import CleanExecutor
from jobs.worker.execution.pool import GiveUp, Pool, Report, is_of

logger = logging.getLogger(__name__)

# Ticks of `watch` are a second apart. They are counted, not timed: when a process thaws that was
# frozen for a minute, the loop has missed one tick and not sixty.
BLOCKED_TICKS = 3
UNRESPONSIVE_TICKS = 30
# How long a handler that was cancelled may take to stop before its slot is used again.
STUCK_TICKS = 5


class EventLoop(Pool):
    """A coroutine that blocks stops all the others, which `watch` notices."""

    def __init__(
        self,
        capacity: Capacity,
        run: Callable[[Attempt], Awaitable[Outcome]],
        give_up: GiveUp,
        report: Report,
    ) -> None:
        super().__init__(capacity, give_up, report)
        self._run = run
        self._waiting: deque[ClaimedJob] = deque()
        self._waiting_since = self.capacity.clock.monotonic()
        self._running: dict[asyncio.Task[None], Attempt] = {}
        self._overdue: dict[Attempt, int] = {}  # attempt -> ticks
        self._answered = True
        self._missed_ticks = 0
        self._stopped = False
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(CleanExecutor(thread_name_prefix="loop-call"))
        with suppress(AttributeError):  # a loop that is not written in Python
            self._loop.shutdown_default_executor = _leave_it  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._work, name="loop", daemon=True)

    def running(self) -> list[Attempt]:
        return list(self._running.values())

    def start(self) -> None:
        self._thread.start()

    def submit(self, claims: list[ClaimedJob]) -> None:
        self.capacity.take(len(claims))
        with self._lock:
            if not self._waiting:
                self._waiting_since = self.capacity.clock.monotonic()
            self._waiting.extend(claims)
        self._loop.call_soon_threadsafe(self._fill)

    def take_back(self, queues: Collection[str] | None = None) -> list[ClaimedJob]:
        with self._lock:
            waiting = list(self._waiting)
            claims = [one for one in waiting if is_of(one, queues)]
            self._waiting.clear()
            self._waiting.extend(one for one in waiting if not is_of(one, queues))
        self.capacity.release(len(claims))
        return claims

    def free_capacity(self, *, look_ahead: bool) -> int:
        free = self.capacity.free(look_ahead=look_ahead)  # asked in any case: it wakes who waits
        return 0 if self.is_blocked else free

    def is_stalled(self) -> bool:
        """Whether claims wait although none has begun for a while: the loop is full, or blocked."""
        waited = self.capacity.clock.monotonic() - self._waiting_since
        return bool(self._waiting) and waited > STALL_SECONDS

    @property
    def is_blocked(self) -> bool:
        """Whether a handler has blocked the loop for some seconds."""
        return self._missed_ticks >= BLOCKED_TICKS

    @property
    def is_alive(self) -> bool:
        """False once its thread has died, or a handler has blocked it for very long."""
        return self._thread.is_alive() and self._missed_ticks < UNRESPONSIVE_TICKS

    def watch(self) -> None:
        """One tick, once a second, from another thread: looks for blocking and overdue handlers."""
        self._note_whether_it_answers()
        self._give_up_overdue()

    def stop(self) -> None:
        self._stopped = True
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _work(self) -> None:
        while not self._stopped:
            try:
                self._loop.run_forever()
            except (SystemExit, KeyboardInterrupt) as exception:
                # asyncio lets these out of any task that a handler has made.
                kind = type(exception).__name__
                logger.error(
                    "A task on the event loop raised %s; the loop goes on",
                    kind,
                    extra={"event": "loop.interrupted", "error": kind},
                )

    def _fill(self) -> None:
        """Begins waiting claims while there are free slots; runs in the loop."""
        while len(self._running) - self.stuck < self.capacity.size:
            with self._lock:
                if not self._waiting:
                    return
                claim = self._waiting.popleft()
                self._waiting_since = self.capacity.clock.monotonic()
            attempt = Attempt(claim, self.capacity.clock)
            self._put_back()
            # What a handler sets in its context (a time zone, a language) ends with it.
            task = self._loop.create_task(self._attempt(attempt), context=Context())
            self._running[task] = attempt
            task.add_done_callback(self._ended)

    def _put_back(self) -> None:
        """Takes away what handlers have set on the loop: a factory that fails would lose claims."""
        if self._loop.get_task_factory() is not None:
            self._loop.set_task_factory(None)
        if self._loop.get_exception_handler() is not None:
            self._loop.set_exception_handler(None)

    async def _attempt(self, attempt: Attempt) -> None:
        begun_at = self.capacity.begun()
        try:
            outcome = await self._run(attempt)
        except BaseException as error:  # noqa: BLE001 - it must not stay without an outcome
            outcome = attempt.cut_off_by(error)
        self._end(attempt, begun_at, outcome)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._fill()

    def _replace_slot(self) -> None:
        self._loop.call_soon_threadsafe(self._fill)

    def _note_whether_it_answers(self) -> None:
        if not self._answered:
            self._missed_ticks += 1
            if self._missed_ticks == BLOCKED_TICKS:
                types = sorted({attempt.claim.type for attempt in self.running()})
                logger.error(
                    "The event loop is blocked by a handler of: %s",
                    ", ".join(types),
                    extra={"event": "loop.blocked", "job_types": types},
                )
            return
        if self.is_blocked:
            logger.warning("The event loop answers again", extra={"event": "loop.unblocked"})
        self._missed_ticks = 0
        self._answered = False
        self._loop.call_soon_threadsafe(self._answer)

    def _answer(self) -> None:
        self._answered = True

    def _give_up_overdue(self) -> None:
        """Gives up handlers that still run some ticks after they were cancelled."""
        running = self.running()
        overdue = [attempt for attempt in running if attempt.seconds_overdue() > 0]
        self._overdue = {attempt: self._overdue.get(attempt, 0) + 1 for attempt in overdue}
        for attempt, ticks in self._overdue.items():
            if ticks > STUCK_TICKS:
                self._give_up(attempt)


async def _leave_it(timeout: float | None = None) -> None:
    """In place of `shutdown_default_executor`: the next handlers use the executor, too."""
