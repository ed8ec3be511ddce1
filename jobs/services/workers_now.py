"""The workers at one moment: whether each lives, and what it runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, F, Min, OuterRef
from django.db.models.functions import Now

from jobs.core.conf import jobs_conf
from jobs.models import Job, Worker
from jobs.models.moments import seconds_between
from jobs.models.worker import WorkerRequest


@dataclass(frozen=True, slots=True)
class WorkerNow:
    """One worker. `running`: jobs that it holds; `oldest_seconds`: for how long the oldest one.

    `state`: `live`; `draining`, `stopping` (asked to, and not done); `silent` for longer than the
    worker timeout; `stopped`. `silent_seconds`: since its last heartbeat. `slots`: jobs at a time,
    on threads and on the event loop.
    """

    worker: Worker
    state: str
    running: int
    oldest_seconds: float | None
    silent_seconds: float

    @property
    def slots(self) -> int:
        return self.worker.concurrency + (self.worker.async_concurrency or 0)


def workers_now(*, limit: int) -> list[WorkerNow]:
    """The newest workers that have not stopped. Costs three queries."""
    return list(with_running(list(Worker.objects.filter(stopped_at__isnull=True)[:limit])))


def with_running(workers: Sequence[Worker]) -> Iterator[WorkerNow]:
    """These workers, in their order. Costs two queries."""
    if not workers:
        return
    ids = [worker.id for worker in workers]
    live = Worker.objects.live(jobs_conf().worker_timeout_seconds).filter(pk=OuterRef("pk"))
    rows = Worker.objects.filter(id__in=ids).order_by()
    lives = {
        worker_id: (is_live, _age(seconds))
        for worker_id, is_live, seconds in rows.values_list(
            "id", Exists(live), seconds_between(F("heartbeat_at"), Now())
        )
    }
    held = Job.objects.running().filter(worker_id__in=ids).order_by().values("worker_id")
    running = {
        row["worker_id"]: row
        for row in held.annotate(count=Count("*"), oldest=seconds_between(Min("claimed_at"), Now()))
    }
    for worker in workers:
        row = running.get(worker.id)
        is_live, silent_seconds = lives.get(worker.id, (False, 0.0))
        yield WorkerNow(
            worker,
            _state(worker, is_live),
            running=row["count"] if row else 0,
            oldest_seconds=_age(row["oldest"]) if row else None,
            silent_seconds=silent_seconds,
        )


def _age(seconds: float) -> float:
    """Never negative: the clock of a transaction stands still."""
    return max(0.0, seconds)


def _state(worker: Worker, is_live: bool) -> str:
    if worker.stopped_at is not None:
        return "stopped"
    if not is_live:
        return "silent"
    return {WorkerRequest.DRAIN: "draining", WorkerRequest.STOP: "stopping"}.get(
        WorkerRequest(worker.request), "live"
    )
