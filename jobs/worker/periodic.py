"""A thread that repeats one action, through outages."""

import logging
import threading
from collections.abc import Callable

from django.db import connection

from jobs.core.clock import Clock
from jobs.core.errors import BrokerUnavailable
from jobs.core.outage import broker_outage, database_outage, first_line
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.sql.contention import is_contention
from jobs.sql.own_session import own_sessions

logger = logging.getLogger(__name__)

# The wait for the lock has taken 1.5 s already.
CONTENTION_SECONDS = 0.5
# A timer that comes more often asks no more often than this while PostgreSQL is away: some look for
# work every 50 ms, and each try may be a new connection.
OUTAGE_SECONDS = 1.0


def may_ask_redis(stop: threading.Event) -> bool:
    """Whether a timer that needs Redis may go on: not during an outage, nor when it stops."""
    return not stop.is_set() and broker_outage.seconds_to_next_try == 0


class Periodic:
    """Calls `action` every `seconds`: later while Redis is away, sooner while PostgreSQL is."""

    def __init__(
        self,
        name: str,
        seconds: float,
        action: Callable[[], object],
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        """`name`: of its thread. The first call is made at once; no call is made after `stop`."""
        self._seconds = seconds
        self._action = action
        self._clock = clock
        self._stop = stop
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def join(self, timeout_seconds: float) -> None:
        """Waits for the end of the thread, which comes after `stop`."""
        self._thread.join(timeout_seconds)

    def _work(self) -> None:
        own_sessions()
        try:
            while not self._stop.is_set():
                self._clock.wait(self._stop, self._tick())
        finally:
            connection.close()

    def _tick(self) -> float:
        """One call; returns the seconds to the next one."""
        try:
            self._action()
        except BrokerUnavailable as error:
            return max(self._seconds, broker_outage.failed(error))
        except DATABASE_ERRORS as error:
            if is_contention(error):
                return min(self._seconds, self._met_another(error))
            connection.close()
            return min(max(self._seconds, OUTAGE_SECONDS), database_outage.failed(error))
        except BaseException:
            # Of whatever kind: code of a project, such as the serializer of a schedule's payload,
            # may raise SystemExit, which would end this thread and leave the worker without it.
            name = self._thread.name
            logger.exception("%s failed", name, extra={"event": "timer.failed", "timer": name})
        return self._seconds

    def _met_another(self, error: Exception) -> float:
        """PostgreSQL is well; another transaction holds what this one needs."""
        name = self._thread.name
        logger.warning(
            "%s met another transaction and tries again: %s",
            name,
            first_line(error),
            extra={"event": "timer.held_up", "timer": name},
        )
        return CONTENTION_SECONDS
