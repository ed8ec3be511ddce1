"""A queue that is too deep takes no more from clients: JOBS_QUEUE_DEPTH_MAX, off by default.

What counts is what lies in Redis for workers; jobs that wait for their moment, or for a limit, do
not. A process asks once a second, so that a call costs nothing, and a queue becomes deeper than its
limit by what comes within that second. While Redis is away nobody knows how deep a queue is, and
jobs are accepted: their rows are in PostgreSQL, and nothing is lost.
"""

import threading
import time

from jobs.broker import get_broker
from jobs.core.conf import JobsConf
from jobs.core.depth_limit import QueueFull, depth_limits
from jobs.core.errors import BrokerUnavailable

KNOWN_SECONDS = 1.0


def queue_full(queue: str, conf: JobsConf) -> QueueFull | None:
    """Why the queue takes no more from clients now; None if it does."""
    if not conf.queue_depth_max:
        return None
    limit = depth_limits(conf.queue_depth_max, conf.queues).get(queue)
    if limit is None or _depths.of(queue) < limit:
        return None
    return QueueFull(queue, limit)


class _Depths:
    """What this process last heard of each queue."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._known: dict[str, tuple[float, int]] = {}

    def of(self, queue: str) -> int:
        """The depth, up to KNOWN_SECONDS old; older only while another thread asks."""
        asked_at, depth = self._known.get(queue, (float("-inf"), 0))
        if time.monotonic() - asked_at < KNOWN_SECONDS or not self._asking.acquire(blocking=False):
            return depth
        try:
            depth = _ask(queue)
            self._known[queue] = time.monotonic(), depth
        finally:
            self._asking.release()
        return depth

    def forget(self) -> None:
        """For tests."""
        self._known.clear()


def _ask(queue: str) -> int:
    try:
        return sum(get_broker().depth([queue]).ready.values())
    except BrokerUnavailable:
        return 0


_depths = _Depths()
