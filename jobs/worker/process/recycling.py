"""Stops a worker gracefully at a limit, so that its supervisor starts a new one."""

import logging
import threading

from jobs.worker.execution.pools import Pools
from jobs.worker.liveness.lease import Lease
from jobs.worker.process.memory import rss_bytes
from jobs.worker.recording.recorder import Recorder

logger = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024


class Recycling:
    """Sets `stop` after `max_jobs` jobs, above `max_rss_mb`, or with half of a pool stuck."""

    def __init__(
        self,
        *,
        max_jobs: int | None,
        max_rss_mb: int | None,
        pools: Pools,
        recorder: Recorder,
        lease: Lease,
        stop: threading.Event,
    ) -> None:
        """`max_rss_mb`: in megabytes; None is without a limit. `lease`: names the worker."""
        self._max_jobs = max_jobs
        self._max_rss_mb = max_rss_mb
        self._pools = pools
        self._recorder = recorder
        self._lease = lease
        self._stop = stop

    def check(self) -> None:
        """Called once a second; logs why it stops the worker."""
        reason = self._reason()
        if reason and not self._stop.is_set():
            name = self._lease.worker.name
            logger.warning(
                "Worker %s recycles itself: %s",
                name,
                reason,
                extra={"event": "worker.recycled", "worker": name, "reason": reason},
            )
            self._stop.set()

    def _reason(self) -> str:
        if self._max_jobs is not None and self._recorder.count >= self._max_jobs:
            return f"{self._recorder.count} jobs done"
        if self._max_rss_mb is not None and (rss_mb := rss_bytes() // MEGABYTE) > self._max_rss_mb:
            return f"{rss_mb} MB in memory"
        if self._pools.is_clogged:
            return f"{self._pools.stuck} handlers do not stop"
        return ""
