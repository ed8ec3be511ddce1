"""The load: clients that submit jobs side by side while the faults happen."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tools.chaos.client import Client, Receipt, Unanswered
from tools.chaos.pause import pause
from tools.chaos.plan import Planned

CLIENTS = 8
_POLL_SECONDS = 0.1


@dataclass
class Load:
    """Submits `jobs`, in order, while `may_submit` says so.

    `accepted`: every answer of the API, by the key of the job; `unanswered`: keys that got none.
    """

    client: Client
    jobs: Iterator[Planned]
    may_submit: Callable[[int], bool]
    submit: Callable[[Client, Planned], list[Receipt]]
    clients: int = CLIENTS
    planned: dict[str, Planned] = field(default_factory=dict)
    accepted: dict[str, list[Receipt]] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    last_answer_at: float = 0.0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"client {number}", daemon=True)
            for number in range(1, self.clients + 1)
        ]

    @property
    def is_over(self) -> bool:
        """Whether everything was submitted, and answered."""
        return not any(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Submits no more jobs; returns when the last call has its answer."""
        self._stop.set()
        self.join()

    def join(self) -> None:
        """Returns when everything was submitted, and answered."""
        while not self.is_over:
            pause(_POLL_SECONDS)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                receipts = self.submit(self.client, job)
            except Unanswered as error:
                self.unanswered.append(f"{job.key}: {error}")
                continue
            self.accepted[job.key] = receipts
            self.last_answer_at = time.time()

    def _next(self) -> Planned | None:
        while not self._stop.is_set():
            with self._lock:
                if self.may_submit(len(self.planned)):
                    job = next(self.jobs, None)
                    if job is not None:
                        self.planned[job.key] = job
                    return job
            time.sleep(_POLL_SECONDS)
        return None


def once(client: Client, job: Planned) -> list[Receipt]:
    """The usual way to submit a job."""
    return [client.submit(job.body)]
