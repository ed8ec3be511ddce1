"""A real fetcher before lanes that take every claim and run none."""

import threading

from jobs.claim import ClaimedJob
from jobs.clock import SystemClock
from jobs.models import Worker
from jobs.worker.fetcher import Fetcher
from jobs.worker.heartbeat import Heartbeat
from jobs.worker.inflight import Inflight
from jobs.worker.lease import Lease

WORKER_TIMEOUT_SECONDS = 30.0


class OpenLanes:
    """Stands in for `Lanes`: has room for as much as a test says, and keeps what it gets."""

    def __init__(self) -> None:
        self.room = 10
        self.hoarding = False
        self.claims: list[ClaimedJob] = []

    @property
    def held(self) -> int:
        return len(self.claims)

    def submit(self, claims: list[ClaimedJob]) -> None:
        self.claims += claims

    def wait_for_room(self, timeout_seconds: float, *, look_ahead: bool) -> int:
        return self.room

    def is_hoarding(self) -> bool:
        return self.hoarding

    def take_back(self) -> list[ClaimedJob]:
        claims, self.claims = self.claims, []
        return claims


class Bench:
    """The fetcher of one worker, and what it works with."""

    def __init__(self, worker: Worker, queues: tuple[str, ...] = ("default",)) -> None:
        clock = SystemClock()
        self.lanes = OpenLanes()
        self.inflight = Inflight()
        self.stop = threading.Event()
        self.lease = Lease(worker, WORKER_TIMEOUT_SECONDS, clock)
        self.heartbeat = Heartbeat(self.lease, clock)
        self.seconds_behind = 0.0
        self.fetcher = Fetcher(
            queues=list(queues),
            lease=self.lease,
            heartbeat=self.heartbeat,
            lanes=self.lanes,  # type: ignore[arg-type]
            inflight=self.inflight,
            clock=clock,
            stop=self.stop,
            seconds_behind=lambda: self.seconds_behind,
        )
