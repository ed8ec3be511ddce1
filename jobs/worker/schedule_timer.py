"""The worker's part in firing schedules: it looks when the next one is due."""

import math
import threading

from jobs.core.clock import Clock
from jobs.services.maintenance.fire_schedules import jobs_fire_schedules
from jobs.services.maintenance.round import run_rounds
from jobs.services.schedules.declare import (
    CONFIRM_SECONDS,
    schedules_confirm_declared,
    schedules_declare,
)
from jobs.services.schedules.prepared import NEAR_SECONDS, PreparedFires
from jobs.services.standing_work import KNOWN_SECONDS, StandingWork

# How soon a schedule that was just made, changed or resumed is noticed.
LOOK_SECONDS = 1.0
# How often the timer is called; it asks the database only when something may be due.
FIRE_SECONDS = 0.05
# What was known a moment ago is far still, and nothing is prepared that far ahead.
FAR_SECONDS = NEAR_SECONDS + KNOWN_SECONDS + LOOK_SECONDS
# How many fire times are prepared in one call: few when a schedule is due as soon as this, which
# must not be late for others.
SOON_SECONDS = 0.2
PREPARED_SOON = 10
PREPARED_ELSE = 50


class ScheduleTimer:
    """To be called often: asks the database only when a schedule may be due, or after a second."""

    def __init__(
        self,
        clock: Clock,
        stop: threading.Event,
        prepared: PreparedFires,
        standing_work: StandingWork,
    ) -> None:
        """`prepared`: what this worker makes ready beforehand."""
        self._clock = clock
        self._stop = stop
        self._prepared = prepared
        self._standing_work = standing_work
        self._next_look = clock.monotonic()
        self._next_look_ahead = clock.monotonic()
        self._next_confirmation: float | None = None

    def __call__(self) -> None:
        """Fires what is due; waits for that if it is a moment away."""
        now = self._clock.monotonic()
        if self._next_confirmation is None or now >= self._next_confirmation:
            self._declare()
            self._next_confirmation = now + CONFIRM_SECONDS
        if self._are_all_far():
            return
        if now < self._next_look - FIRE_SECONDS:
            is_soon = now >= self._next_look - SOON_SECONDS
            self._prepared.prepare(PREPARED_SOON if is_soon else PREPARED_ELSE)
            return
        if now < self._next_look and self._clock.wait(self._stop, self._next_look - now):
            return
        # Should the database be away, it is not asked again at once.
        self._next_look = now + LOOK_SECONDS
        self._prepared.fire()
        for done in run_rounds(jobs_fire_schedules, may_go_on=lambda: not self._stop.is_set()):
            seconds = math.inf if done.next_seconds is None else done.next_seconds
            self._next_look = self._clock.monotonic() + min(seconds, LOOK_SECONDS)
            if not done.is_full and seconds <= NEAR_SECONDS:
                self._look_ahead(seconds)

    def _are_all_far(self) -> bool:
        """Whether no schedule is due for a while, nor to be prepared, as was said a moment ago."""
        if (standing := self._standing_work.latest) is None:
            return False
        seconds = standing.seconds_to_schedule
        return seconds is None or seconds > FAR_SECONDS

    def _look_ahead(self, next_seconds: float) -> None:
        """Once a second; a little later where a schedule is due at any moment."""
        now = self._clock.monotonic()
        wait = LOOK_SECONDS if next_seconds < FIRE_SECONDS else 0.0
        if now >= self._next_look_ahead + wait:
            self._next_look_ahead = now + LOOK_SECONDS
            self._prepared.look_ahead()

    def _declare(self) -> None:
        if self._next_confirmation is None:
            schedules_declare()
        else:
            schedules_confirm_declared()
