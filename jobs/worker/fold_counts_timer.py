"""The worker's part in folding the counts of dead letters."""

import math
import threading

from jobs.core.clock import Clock
from jobs.services.maintenance.fold_dead_letter_counts import jobs_fold_dead_letter_counts
from jobs.services.maintenance.round import run_rounds
from jobs.services.standing_work import StandingWork

# How often it looks for what other code has left, where nothing says that there is anything.
LOOK_SECONDS = 300.0


class FoldCountsTimer:
    """To be called every few seconds."""

    def __init__(self, standing_work: StandingWork, clock: Clock, stop: threading.Event) -> None:
        self._standing_work = standing_work
        self._clock = clock
        self._stop = stop
        self._looked_at = -math.inf

    def __call__(self) -> None:
        now = self._clock.monotonic()
        is_due = now - self._looked_at >= LOOK_SECONDS
        if not is_due and not self._standing_work.known().has_dead_letter_counts:
            return
        for _ in run_rounds(
            jobs_fold_dead_letter_counts, may_go_on=lambda: not self._stop.is_set()
        ):
            self._looked_at = now
