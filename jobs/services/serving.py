"""What the live workers take: their queues, and the types that they know."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jobs.core.conf import jobs_conf
from jobs.models import Worker


@dataclass(frozen=True, slots=True)
class _Served:
    """What one live worker takes; `types` is None where its release does not say."""

    queues: Sequence[str]
    types: Sequence[str] | None

    def knows(self, job_type: str) -> bool:
        return self.types is None or job_type in self.types


class Serving:
    """The live workers of one moment."""

    def __init__(self, workers: Sequence[_Served]) -> None:
        self._workers = workers

    @property
    def is_anyone(self) -> bool:
        """Whether a worker is live at all."""
        return bool(self._workers)

    def serves(self, queue: str) -> bool:
        """Whether a worker takes from the queue."""
        return any(queue in one.queues for one in self._workers)

    def count_of(self, queue: str) -> int:
        """How many workers take from the queue."""
        return sum(queue in one.queues for one in self._workers)

    def known_of(self, job_types: Iterable[str]) -> set[str]:
        """Those of these types that a worker says it knows."""
        said = {name for one in self._workers for name in one.types or ()}
        return said & set(job_types)

    def missing_for(self, queue: str, job_type: str) -> str | None:
        """What keeps jobs of this queue and type from running, as a clause; None if nothing does.

        A queue that no worker serves comes before a type that none knows.
        """
        serving = [one for one in self._workers if queue in one.queues]
        if not serving:
            return f"no live worker serves the queue {queue}"
        if any(one.knows(job_type) for one in serving):
            return None
        if any(one.knows(job_type) for one in self._workers):
            return f"no live worker of the queue {queue} knows the type {job_type}"
        return f"no live worker knows the type {job_type}"


def serving_now() -> Serving:
    """Asks PostgreSQL which workers are live, and take jobs: one that drains takes none."""
    taking = Worker.objects.taking(jobs_conf().worker_timeout_seconds)
    return Serving([_Served(*row) for row in taking.values_list("queues", "types")])
