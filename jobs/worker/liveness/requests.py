"""What people ask of this worker, as its last heartbeat brought it back."""

import logging
import threading

from jobs.models.worker import WorkerRequest
from jobs.worker.liveness.lease import Lease

logger = logging.getLogger(__name__)

_SAID = {
    WorkerRequest.NONE: "takes jobs again",
    WorkerRequest.DRAIN: "takes nothing more, and finishes what runs",
    WorkerRequest.STOP: "stops",
}


class Requests:
    """The heartbeat tells it, the fetch loop asks it. To stop sets the worker's `stop`."""

    def __init__(self, lease: Lease, stop: threading.Event) -> None:
        self._lease = lease
        self._stop = stop
        self._request = ""

    @property
    def is_draining(self) -> bool:
        """Whether nothing new may be taken."""
        return self._request != WorkerRequest.NONE

    def heard(self, request: str) -> None:
        """Called with each heartbeat. A request that this release does not know counts as none."""
        if request not in WorkerRequest.values or request == self._request:
            return
        name = self._lease.worker.name
        logger.warning(
            "Worker %s was asked to, and %s",
            name,
            _SAID[WorkerRequest(request)],
            extra={"event": "worker.asked", "worker": name, "request": request or "none"},
        )
        self._request = request
        if request == WorkerRequest.STOP:
            self._stop.set()
