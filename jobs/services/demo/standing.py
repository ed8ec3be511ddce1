"""What of the demonstration is there."""

from typing import NamedTuple

from jobs.models import Batch, DeadLetter, Job, Schedule, Worker
from jobs.services.demo import schedules, workers
from jobs.services.demo.clients import client_pks


class Standing(NamedTuple):
    """Counts of rows that belong to the demonstration."""

    jobs: int
    dead_letters: int
    batches: int
    schedules: int
    workers: int

    def __str__(self) -> str:
        counts = [f"{count:,} {name.replace('_', ' ')}" for name, count in self._asdict().items()]
        return ", ".join(counts)


def demo_standing() -> Standing:
    """Counts what is there; with millions of jobs it takes a second."""
    clients = client_pks()
    return Standing(
        Job.objects.filter(submitted_by_id__in=clients).count(),
        DeadLetter.objects.filter(submitted_by_id__in=clients).count(),
        Batch.objects.filter(submitted_by_id__in=clients).count(),
        Schedule.objects.filter(name__startswith=schedules.PREFIX).count(),
        Worker.objects.filter(name__startswith=workers.PREFIX).count(),
    )
