"""One thread a process hears what is announced, and wakes who waits for it."""

import logging
import threading
from collections.abc import Callable
from time import monotonic, sleep
from uuid import UUID

from django.db import connection

from jobs.broker import get_broker
from jobs.broker.base import Subscription
from jobs.core.announcement import Announcement
from jobs.core.errors import BrokerUnavailable
from jobs.core.outage import broker_outage, first_line
from jobs.models import Batch, Job
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.waiting.places import Place, Places, Seen, batch_seen
from jobs.sql.own_session import own_sessions

logger = logging.getLogger(__name__)

Find = Callable[[list[UUID]], dict[UUID, Seen]]

# So often all rows that somebody waits for are looked at, in one statement. It finds what was not
# announced: Redis was away or emptied, or a process was killed after its commit.
LOOK_SECONDS = 5.0
# So often all batches are looked at that somebody follows. Nobody announces how they get on: one
# may count hundreds of commits a second, and each would ask Redis whether somebody follows it.
BATCH_LOOK_SECONDS = 1.0
# Jobs are watched for so long, and anew at each look, so that a process that was killed leaves
# nothing behind.
WATCH_SECONDS = 3 * LOOK_SECONDS
# The thread ends after so long without anybody who waits.
IDLE_SECONDS = 30.0
# After how long a subscription that could not be made is tried again.
RETRY_SECONDS = 1.0
# How long a call may wait until the subscription of its process was tried.
FIRST_TRY_SECONDS = 5.0


class Watcher:
    """Runs while a place is taken. Holds one connection to Redis, and none to PostgreSQL."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._has_tried = threading.Event()
        self._subscription: Subscription | None = None
        self._is_lost = False
        self._look_at = 0.0
        self._look_at_batches_at = 0.0
        self._idle_since: float | None = None

    def watch(self, place: Place) -> None:
        """From here on changes of the place's row wake it, which is taken already."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._start()
        if place.is_batch:
            return
        self._has_tried.wait(FIRST_TRY_SECONDS)
        _watch([place.row_id])

    def _start(self) -> None:
        self._has_tried.clear()
        self._subscription = None
        self._idle_since = None
        self._look_at = monotonic() + LOOK_SECONDS
        self._look_at_batches_at = monotonic() + BATCH_LOOK_SECONDS
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        own_sessions()
        try:
            while self._is_wanted():
                try:
                    self._turn()
                except Exception:
                    logger.exception("The watcher goes on", extra={"event": "watcher.failed"})
                    sleep(RETRY_SECONDS)
        finally:
            self._unsubscribe()

    def _turn(self) -> None:
        if announcement := self._next_announcement():
            self._wake(announcement)
        if monotonic() >= self._look_at:
            self._look()
        if monotonic() >= self._look_at_batches_at:
            self._look_at_batches()

    def _is_wanted(self) -> bool:
        """False after a while without anybody who waits; the next one starts another thread."""
        with self._lock:
            if self._places.job_ids() or self._places.batch_ids():
                self._idle_since = None
                return True
            if self._idle_since is None:
                self._idle_since = monotonic()
            if monotonic() - self._idle_since < IDLE_SECONDS:
                return True
            self._thread = None
            return False

    def _next_announcement(self) -> Announcement | None:
        look_at = min(self._look_at, self._look_at_batches_at)
        seconds = min(RETRY_SECONDS, max(0.0, look_at - monotonic()))
        try:
            if self._subscription is None:
                self._subscription = get_broker().subscribe()
                self._subscribed()
            self._has_tried.set()
            return self._subscription.next(seconds)
        except BrokerUnavailable as error:
            self._lost(error)
            self._has_tried.set()
            sleep(seconds)
            return None

    def _subscribed(self) -> None:
        if self._is_lost:
            self._is_lost = False
            self._look_at = monotonic()  # something may have been announced meanwhile
            logger.warning("Announcements come in again", extra={"event": "subscription.recovered"})

    def _lost(self, error: BrokerUnavailable) -> None:
        self._unsubscribe()
        if not self._is_lost:
            self._is_lost = True
            logger.warning(
                "No announcements come in, and rows are looked at every %g s: %s",
                LOOK_SECONDS,
                first_line(error),
                extra={"event": "subscription.lost"},
            )

    def _unsubscribe(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.close()

    def _wake(self, announcement: Announcement) -> None:
        for place in self._places.of_rows(announcement.job_ids):
            if announcement.is_final or place.wants_changes:
                place.wake()

    def _look(self) -> None:
        self._look_at = monotonic() + LOOK_SECONDS
        job_ids = self._places.job_ids()
        if not job_ids:
            return
        _watch(job_ids)
        self._wake_outdated(job_ids, _jobs_as_they_are)

    def _look_at_batches(self) -> None:
        self._look_at_batches_at = monotonic() + BATCH_LOOK_SECONDS
        if batch_ids := self._places.batch_ids():
            self._wake_outdated(batch_ids, _batches_as_they_are)

    def _wake_outdated(self, row_ids: list[UUID], find: Find) -> None:
        try:
            found = find(row_ids)
        except DATABASE_ERRORS:
            return  # the calls of the API say so in the log
        finally:
            connection.close()
        for place in self._places.of_rows(row_ids):
            if place.is_outdated(found.get(place.row_id)):
                place.wake()


def _watch(job_ids: list[UUID]) -> None:
    if broker_outage.seconds_to_next_try > 0:
        return
    try:
        get_broker().watch(job_ids, WATCH_SECONDS)
    except BrokerUnavailable as error:
        broker_outage.failed(error)
    else:
        broker_outage.ended()


def _jobs_as_they_are(job_ids: list[UUID]) -> dict[UUID, Seen]:
    rows = Job.objects.filter(id__in=job_ids).values_list("id", "state", "attempt")
    return {job_id: (state, attempt) for job_id, state, attempt in rows}


def _batches_as_they_are(batch_ids: list[UUID]) -> dict[UUID, Seen]:
    rows = Batch.objects.filter(id__in=batch_ids).defer("on_success", "on_completion")
    return {batch.id: batch_seen(batch) for batch in rows}
