"""What a process knows of the limits that there are, without asking for each job."""

import threading
import time
from collections.abc import Mapping

from jobs.sql.statements import run

# A limit that staff set is known to every process after this time at most.
BOOK_SECONDS = 1.0


class LimitBook:
    """The limits of queues and types, as this process has read them; safe between threads.

    Nearly every deployment has a handful. Those of keys are not read: their types say which jobs
    have one. `any_limit` is about them, too.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._fair_by_name: dict[str, bool] = {}

    def has(self, name: str) -> bool:
        """Whether there is a limit of that name."""
        return name in self._fresh()

    def is_fair(self, name: str) -> bool:
        """Whether there is one, and it is that of a fair queue."""
        return self._fresh().get(name, False)

    @property
    def any_limit(self) -> bool:
        """Whether there is any limit, of whatever kind, or a job that one holds."""
        return bool(self._fresh())

    @property
    def content(self) -> Mapping[str, bool]:
        """All that it says: while it is the same, a job comes under the same limits."""
        return self._fresh()

    def learn(self, fair_by_name: Mapping[str, bool]) -> None:
        """Takes over what `limit_book.sql` said to somebody else just now."""
        with self._lock:
            self._fair_by_name, self._read_at = dict(fair_by_name), time.monotonic()

    def forget(self) -> None:
        """The next question is answered by PostgreSQL."""
        self._read_at = float("-inf")

    def _fresh(self) -> dict[str, bool]:
        now = time.monotonic()
        if now - self._read_at > BOOK_SECONDS:
            with self._lock:
                if now - self._read_at > BOOK_SECONDS:
                    self._fair_by_name = dict(run("limit_book"))
                    self._read_at = now
        return self._fair_by_name


limit_book = LimitBook()
