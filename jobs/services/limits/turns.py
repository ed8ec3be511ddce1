"""How far fair queues have come by handed-over slots: noted here, and written now and then."""

import threading
from collections.abc import Mapping
from time import monotonic
from typing import NamedTuple

from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.limits.rooms import PACE_SECONDS
from jobs.sql.statements import run

# How long what was noted may wait to be written. A tenant that comes anew meanwhile begins at the
# rank that was written last, so that its first jobs are early by this much.
SETTLE_SECONDS = 0.05


class Turn(NamedTuple):
    """The last rank that was admitted under a limit, and how many of its jobs have ended."""

    rank: int
    ended: int


class Turns:
    """The notes of this process; safe between threads.

    Written for each hand-over, they would be a lock on the limit for which workers wait.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: dict[str, Turn] = {}
        self._settled_at = float("-inf")

    def note(self, turns: Mapping[str, Turn]) -> None:
        """Adds what one hand-over has done, under each limit."""
        with self._lock:
            for name, turn in turns.items():
                before = self._noted.get(name, Turn(0, 0))
                self._noted[name] = Turn(max(before.rank, turn.rank), before.ended + turn.ended)

    def settle(self, seconds: float = SETTLE_SECONDS) -> None:
        """Writes what was noted, unless it did so less than `seconds` ago.

        Outside a transaction. While PostgreSQL is away it keeps them for the next time.
        """
        with self._lock:
            if not self._noted or monotonic() - self._settled_at < seconds:
                return
            noted, self._noted = self._noted, {}
            self._settled_at = monotonic()
        try:
            held = _write(noted)
        except DATABASE_ERRORS:  # what writes outcomes reports the outage
            held = set(noted)
        self.note({name: noted[name] for name in held})


def _write(noted: Mapping[str, Turn]) -> set[str]:
    """Returns the limits that an admission holds: nothing was written of these."""
    names = sorted(noted)
    rows = run(
        "settle_turns",
        names=names,
        ranks=[noted[name].rank for name in names],
        ended=[float(noted[name].ended) for name in names],
        pace_seconds=PACE_SECONDS,
    )
    return {name for (name,) in rows}


turns = Turns()
