"""Why a queued job waits, in one sentence."""

from datetime import UTC, datetime

from django.db.models import Q

from jobs.core.limit import UNTIL_DUE
from jobs.core.states import JobState
from jobs.models import Job, KeyWait, Limit, Queue
from jobs.services.serving import serving_now

# A place in a line is counted this far: the answer must not cost more as the line grows.
COUNTED = 10_000


def job_waiting_for(job: Job) -> str | None:
    """What this job waits for, or why, in words; None if it is not queued.

    Costs a query for its queue and one for the live workers, another one where `run_at` lies
    ahead, and none for a job that is not queued.
    """
    if job.state != JobState.QUEUED:
        return None
    if pause := _pause(job.queue):
        return pause
    if limit := _limit(job):
        return limit
    if missing := serving_now().missing_for(job.queue, job.type):
        return f"a worker: {missing}"
    if job.run_at <= datetime.now(UTC):
        return "a worker with a free place"
    moment = f"{job.run_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if KeyWait.objects.filter(job_id=job.id, until=job.run_at).exists():
        return f"another job with its effect key; it asks again at {moment} at the latest"
    if job.failures:
        return f"its next attempt at {moment}"
    return f"its run_at, {moment}"


def _limit(job: Job) -> str | None:
    """Which limit holds the job, and its place there; None if none does."""
    if job.held_by is None or job.held_by == UNTIL_DUE:
        return None
    before = Q(priority__gt=job.priority) | Q(priority=job.priority) & (
        Q(rank__lt=job.rank) | Q(rank=job.rank, id__lt=job.id)
    )
    ahead = Job.objects.queued().filter(before, held_by=job.held_by).order_by()[:COUNTED].count()
    place = f"more than {COUNTED:,}th" if ahead == COUNTED else _ordinal(ahead + 1)
    limit = Limit.objects.filter(name=job.held_by).first()
    rule = limit.in_words if limit else "limit"
    kind, _, name = job.held_by.partition(":")
    return f"{rule} of the {kind} {name}, {place} in line"


def _ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th ..., 11th, 12th, 13th."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{'th' if number % 100 in (11, 12, 13) else ending}"


def _pause(name: str) -> str | None:
    queue = Queue.objects.filter(name=name).first()
    return queue.pause_in_words if queue else None
