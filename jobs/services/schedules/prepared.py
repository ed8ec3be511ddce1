"""Fire times that come soon are prepared, so that at their moment one statement is left to run.

To read a thousand schedules, to compute their next fire times and to check their payloads takes
half a second. A worker does that beforehand, for its share of what is near. Nothing is written and
nothing is locked; a schedule that is changed meanwhile fires as any other.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from uuid import UUID

from django.db import DataError, IntegrityError

from jobs.core.conf import jobs_conf
from jobs.core.process_counts import SCHEDULE_LAG, process_counts
from jobs.core.schedule_move import PreparedFire
from jobs.handlers.registry import job_types
from jobs.models import Schedule, Worker
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.enqueue.enqueue_counts import count_fired
from jobs.services.limits.book import limit_book
from jobs.services.schedules.firing import move_of
from jobs.sql.statements import database_now

logger = logging.getLogger(__name__)

# How far ahead. A thousand schedules take less, a look at what is near included.
NEAR_SECONDS = 3.0
# Schedules that one worker has ready at most; the others fire unprepared.
READY_MAX = 1_000
# Fired in one statement. The jobs of the first begin while the next one is written.
CHUNK = 200
# What comes later than this may be a missed run: that is decided anew.
LATE_SECONDS = 5.0


class PreparedFires:
    """What one worker has prepared; used from one thread. Raises the database's errors."""

    def __init__(self, worker_id: Callable[[], UUID]) -> None:
        """`worker_id`: whose share of the schedules it prepares; asked each time, as a worker that
        was declared dead goes on under another."""
        self._worker_id = worker_id
        self._wanted: dict[UUID, str] = {}
        self._tried: dict[UUID, str] = {}
        self._ready: dict[UUID, PreparedFire] = {}
        self._limits: Mapping[str, bool] = {}

    def look_ahead(self) -> None:
        """Finds out what is near; drops what was prepared and has changed or passed since."""
        near = self._near()
        self._tried = {one: version for one, version in self._tried.items() if one in near}
        self._ready = {
            schedule_id: one
            for schedule_id, one in self._ready.items()
            if near.get(schedule_id) == one.version
        }
        self._wanted = {
            one: version for one, version in near.items() if self._tried.get(one) != version
        }

    def prepare(self, count: int) -> None:
        """Prepares the next few that are near: up to `count`, which takes some 0.5 ms each."""
        if not self._wanted:
            return
        self._forget_if_limits_changed()
        step = dict(islice(self._wanted.items(), count))
        for schedule in Schedule.objects.filter(id__in=step):
            if one := _prepared(schedule, step[schedule.id]):
                self._ready[schedule.id] = one
        self._tried |= step
        for schedule_id in step:
            del self._wanted[schedule_id]

    def fire(self) -> int:
        """Fires what is prepared and due; returns how many jobs were made.

        What has changed or was not prepared is left to `jobs_fire_schedules`.
        """
        if not self._ready:
            return 0
        self._forget_if_limits_changed()
        now = database_now()
        due = sorted(
            (one for one in self._ready.values() if one.seen <= now), key=lambda one: one.seen
        )
        for one in due:
            del self._ready[one.schedule_id]
        try:
            count = sum(
                _fire(due[start : start + CHUNK], now) for start in range(0, len(due), CHUNK)
            )
        except (IntegrityError, DataError):
            return 0  # one of them is to blame: `jobs_fire_schedules` finds which
        if count:
            logger.info(
                "Fired schedules: %d jobs, prepared before",
                count,
                extra={"event": "schedules.fired", "count": count},
            )
        return count

    def _near(self) -> dict[UUID, str]:
        """This worker's share of what is near; without others it is all."""
        live = Worker.objects.live(jobs_conf().worker_timeout_seconds).order_by("id")
        workers = list(live.values_list("id", flat=True))
        if (worker_id := self._worker_id()) not in workers:
            return {}
        return Schedule.objects.all().near(
            NEAR_SECONDS,
            LATE_SECONDS,
            share=workers.index(worker_id),
            shares=len(workers),
            limit=READY_MAX,
        )

    def _forget_if_limits_changed(self) -> None:
        """Jobs that come under another limit by now are made anew."""
        limits = limit_book.content
        if limits != self._limits:
            self._limits = limits
            self._wanted |= {one: self._tried[one] for one in self._ready}
            self._ready = {}


def _prepared(schedule: Schedule, version: str) -> PreparedFire | None:
    """None for what is to be decided at the moment itself: all that is not just one plain job."""
    job_type = job_types.find(schedule.type)
    if job_type is None or schedule.next_fire_at is None:
        return None
    if job_type.recipients is not None and schedule.created_by_id is not None:
        return None  # its client's allowance of mails counts then
    seen = schedule.next_fire_at.astimezone(UTC)
    move = move_of(schedule, now=seen, is_busy=False)
    if move.error or move.skipped or move.is_held or len(move.new_jobs) != 1:
        return None
    [new_job] = move.new_jobs
    if new_job.limits or new_job.callback_url or move.fired_at != seen:
        return None
    return PreparedFire(schedule.id, version, seen, move.next_fire_at, new_job)


def _fire(prepared: Sequence[PreparedFire], now: datetime) -> int:
    begun_at = time.monotonic()
    fired = Schedule.objects.all().fire_prepared(prepared, LATE_SECONDS)
    passed = time.monotonic() - begun_at
    dispatch_after_commit([(message, 0.0) for message, _ in fired])
    count_fired(one.new_job for _, one in fired)
    for _, one in fired:
        process_counts.took(SCHEDULE_LAG, (now - one.seen).total_seconds() + passed)
    return len(fired)
