"""Who waits for which job or batch in this process, and how many may."""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from uuid import UUID

from jobs.core.conf import jobs_conf
from jobs.core.states import FINAL_STATES
from jobs.core.wait_errors import TooManyWait
from jobs.models import Batch, Job
from jobs.models.batch import ENDS

Seen = tuple[str, *tuple[int, ...]]
"""State and attempt of a job; state and counters of a batch."""


def job_seen(job: Job) -> Seen:
    """What a job is like now."""
    return job.state, job.attempt


def batch_seen(batch: Batch) -> Seen:
    """What a batch is like now."""
    return batch.state, batch.total, *(getattr(batch, name) for name in ENDS)


@dataclass(eq=False, slots=True)
class Place:
    """Somebody who waits for a job to end, or, with `wants_changes`, follows it.

    With `is_batch` it is a batch, which can only be followed. `client`: of whose places it is one;
    None for code of this process, which has any number. `wake`: called from another thread, and
    perhaps without a reason. `seen`: what the row was like when it was read last.
    """

    row_id: UUID
    client: Hashable | None
    wake: Callable[[], None]
    seen: Seen
    wants_changes: bool = False
    is_batch: bool = False

    def is_outdated(self, found: Seen | None) -> bool:
        """Whether there is news in the row as it was found now, or in its absence."""
        if found is None:
            return True
        return found != self.seen if self.wants_changes else found[0] in FINAL_STATES


class Places:
    """The places that are taken; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_row: dict[UUID, set[Place]] = {}
        self._by_client: Counter[Hashable] = Counter()

    def __len__(self) -> int:
        """How many clients have taken."""
        return self._by_client.total()

    def add(self, place: Place) -> None:
        """Takes the place; raises TooManyWait."""
        with self._lock:
            if place.client is not None:
                self._check_room(place.client)
                self._by_client[place.client] += 1
            self._by_row.setdefault(place.row_id, set()).add(place)

    def discard(self, place: Place) -> None:
        """Gives the place up, if it is taken."""
        with self._lock:
            places = self._by_row.get(place.row_id, set())
            if place not in places:
                return
            places.remove(place)
            if not places:
                del self._by_row[place.row_id]
            if place.client is not None:
                self._by_client[place.client] -= 1
                if not self._by_client[place.client]:
                    del self._by_client[place.client]

    def job_ids(self) -> list[UUID]:
        """The jobs that are waited for."""
        return self._row_ids(are_batches=False)

    def batch_ids(self) -> list[UUID]:
        """The batches that are followed."""
        return self._row_ids(are_batches=True)

    def _row_ids(self, *, are_batches: bool) -> list[UUID]:
        with self._lock:
            return [
                row_id
                for row_id, places in self._by_row.items()
                if next(iter(places)).is_batch is are_batches
            ]

    def of_rows(self, row_ids: Collection[UUID]) -> list[Place]:
        """The places at one of these jobs or batches."""
        with self._lock:
            return [place for row_id in row_ids for place in self._by_row.get(row_id, ())]

    def _check_room(self, client: Hashable) -> None:
        conf = jobs_conf()
        if self._by_client[client] >= conf.waits_per_client:
            raise TooManyWait(of_client=True, limit=conf.waits_per_client)
        if len(self) >= conf.waits_max:
            raise TooManyWait(of_client=False, limit=conf.waits_max)
