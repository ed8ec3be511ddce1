"""A real fetcher before pools that take every claim and run none."""

import threading
from collections.abc import Collection
from uuid import UUID

from jobs.core.claim import ClaimedJob
from jobs.core.clock import SystemClock
from jobs.core.fetch_order import FetchOrder
from jobs.core.queue_choice import QueueChoice
from jobs.models import Worker
from jobs.services.standing_work import StandingWork
from jobs.worker.execution.pool import is_of
from jobs.worker.fetching.fetcher import Fetcher
from jobs.worker.fetching.paused_queues import PausedQueues
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.heartbeat import Heartbeat
from jobs.worker.liveness.lease import Lease
from jobs.worker.liveness.requests import Requests

WORKER_TIMEOUT_SECONDS = 30.0


class OpenPools:
    """Stands in for `Pools`: has capacity for as much as a test says, and keeps what it gets."""

    def __init__(self) -> None:
        self.capacity = 10
        self.stalled = False
        self.claims: list[ClaimedJob] = []

    @property
    def held(self) -> int:
        return len(self.claims)

    def submit(self, claims: list[ClaimedJob]) -> None:
        self.claims += claims

    def wait_for_capacity(self, timeout_seconds: float, *, look_ahead: bool) -> int:
        return self.capacity

    def is_stalled(self) -> bool:
        return self.stalled

    def take_back(self, queues: Collection[str] | None = None) -> list[ClaimedJob]:
        claims = [claim for claim in self.claims if is_of(claim, queues)]
        self.claims = [claim for claim in self.claims if not is_of(claim, queues)]
        return claims


class Bench:
    """The fetcher of one worker, and what it works with."""

    def __init__(
        self,
        worker: Worker,
        queues: tuple[str, ...] = ("default",),
        order: FetchOrder | None = None,
    ) -> None:
        """`order`: of the queues; by turns if it is None."""
        clock = SystemClock()
        self.pools = OpenPools()
        self.inflight = Inflight()
        self.stop = threading.Event()
        self.lease = Lease(worker, WORKER_TIMEOUT_SECONDS, clock)
        self.requests = Requests(self.lease, self.stop)
        self.heartbeat = Heartbeat(self.lease, clock, self.requests.heard)
        self.seconds_behind = 0.0
        self.paused = PausedQueues(
            queues,
            self.pools,  # type: ignore[arg-type]
            self.inflight,
            StandingWork(),
            lambda: self.requests.is_draining,
        )
        self.fetcher = Fetcher(
            order=order or FetchOrder(QueueChoice(list(queues))),
            lease=self.lease,
            heartbeat=self.heartbeat,
            pools=self.pools,  # type: ignore[arg-type]
            inflight=self.inflight,
            paused=self.paused,
            clock=clock,
            stop=self.stop,
            seconds_behind=lambda: self.seconds_behind,
        )

    @property
    def claimed_ids(self) -> list[UUID]:
        """The jobs whose claims the pools have got, in order."""
        return [claim.id for claim in self.pools.claims]
