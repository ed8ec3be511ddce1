"""Why a queued job waits, in one sentence."""

from datetime import UTC, datetime

from jobs.core.states import JobState
from jobs.models import Job, KeyWait, Queue
from jobs.services.serving import serving_now


def job_waiting_for(job: Job) -> str | None:
    """What this job waits for, or why, in words; None if it is not queued.

    Costs a query for its queue and one for the live workers, another one where `run_at` lies
    ahead, and none for a job that is not queued.
    """
    if job.state != JobState.QUEUED:
        return None
    if pause := _pause(job.queue):
        return pause
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


def _pause(name: str) -> str | None:
    queue = Queue.objects.filter(name=name).first()
    return queue.pause_in_words if queue else None
