"""What waits and what runs in each queue."""

from dataclasses import dataclass

from django.db.models import Count

from jobs.core.conf import jobs_conf
from jobs.models import Job

# Jobs that are counted of each queue at most: a page must not cost more as a backlog grows.
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class QueueNow:
    """One queue at one moment.

    `ready`: jobs that wait and may run; `delayed`: jobs that wait for their moment. Neither is
    counted beyond COUNTED (`is_capped`). `oldest_ready_seconds`: for how long the one that has
    waited longest could have run, to within what a redispatch reorders; None if none is ready.
    """

    name: str
    ready: int
    delayed: int
    oldest_ready_seconds: float | None
    in_flight: int

    @property
    def is_capped(self) -> bool:
        """Whether there may be more jobs than were counted."""
        return max(self.ready, self.delayed) >= COUNTED


def queues_now() -> list[QueueNow]:
    """Every queue of JOBS_QUEUES, in that order, as PostgreSQL has it. Costs two queries."""
    names = jobs_conf().queues
    depths = Job.objects.queue_depths(names, COUNTED)
    in_flight = dict(
        Job.objects.running().order_by().values_list("queue").annotate(count=Count("*"))
    )
    return [
        QueueNow(name, *depths.get(name, (0, 0, None)), in_flight=in_flight.get(name, 0))
        for name in names
    ]
