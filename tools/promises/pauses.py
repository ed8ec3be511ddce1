"""A pause, and its end, are effective within a second."""

from datetime import datetime
from time import sleep

from jobs.models import Job
from jobs.services.enqueue import JobRequest, jobs_enqueue
from jobs.services.queues import queue_pause, queue_resume
from jobs.sql.statements import database_now
from tools.benchmark.job_names import SLEEP
from tools.benchmark.processes import workers
from tools.promises.finding import Finding
from tools.promises.options import Options
from tools.waiting import wait_until

QUEUE = "default"
# Longer than a pause may take to be effective.
QUIET_SECONDS = 3.0
WAIT_SECONDS = 60.0


def pause(options: Options) -> list[Finding]:
    """While two workers are busy, again and again."""
    turns = options.of(5)
    _enqueue(2_000 * turns)
    with workers(processes=2):
        times = [(_pause(), _resume()) for _ in range(turns)]
    paused, resumed = zip(*times, strict=True)
    return [
        Finding(f"a pause, {turns} times: the last job is claimed", max(paused), "ms", 1_000),
        Finding(f"its end, {turns} times: the first job is claimed", max(resumed), "ms", 1_000),
    ]


def _pause() -> float:
    """How many milliseconds later the last job is claimed."""
    before = _last_claim()
    wait_until(lambda: _last_claim() != before, WAIT_SECONDS, "nothing was claimed")
    queue_pause(name=QUEUE)
    since = database_now()
    sleep(QUIET_SECONDS)  # whatever is claimed in this time is too late
    last = _last_claim()
    return max(0.0, (last - since).total_seconds() * 1_000) if last else 0.0


def _resume() -> float:
    """How many milliseconds later the first job is claimed."""
    queue_resume(name=QUEUE)
    since = database_now()
    claims = Job.objects.filter(claimed_at__gt=since).order_by("claimed_at")
    wait_until(claims.exists, WAIT_SECONDS, "nothing was claimed after the pause")
    first = claims.values_list("claimed_at", flat=True)[0]
    assert first is not None
    return (first - since).total_seconds() * 1_000


def _last_claim() -> datetime | None:
    claims = Job.objects.filter(claimed_at__isnull=False).order_by("-claimed_at")
    return claims.values_list("claimed_at", flat=True).first()


def _enqueue(count: int) -> None:
    for start in range(0, count, 1_000):
        requests = [JobRequest(type=SLEEP, payload={"number": 0})] * min(1_000, count - start)
        jobs_enqueue(requests=requests)
