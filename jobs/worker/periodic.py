"""A thread that does one thing again and again, through outages."""

import logging
import threading
from collections.abc import Callable

from django.db import connection

from jobs.clock import Clock
from jobs.errors import BrokerUnavailable
from jobs.outage import ledger_outage, redis_outage
from jobs.services.ledger import LEDGER_ERRORS

logger = logging.getLogger(__name__)


class Periodic:
    """Calls `action` every `seconds`, or later while what it needs is away."""

    def __init__(
        self,
        name: str,
        seconds: float,
        action: Callable[[], object],
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self._seconds = seconds
        self._action = action
        self._clock = clock
        self._stop = stop
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_seconds: float) -> None:
        self._thread.join(timeout_seconds)

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                self._clock.wait(self._stop, self._turn())
        finally:
            connection.close()

    def _turn(self) -> float:
        """One call; returns the seconds to the next."""
        try:
            self._action()
        except BrokerUnavailable as error:
            return max(self._seconds, redis_outage.failed(error))
        except LEDGER_ERRORS as error:
            connection.close()
            return min(self._seconds, ledger_outage.failed(error))
        except Exception:
            logger.exception("%s failed", self._thread.name)
        return self._seconds
