"""Real workers fire: one job a fire time, also when one of them is frozen and another is killed."""

import signal
from datetime import datetime, timedelta
from itertools import pairwise

from jobs.core.states import JobState
from jobs.models import Job
from jobs.tests.acceptance.processes import Service
from jobs.tests.scheduling import jobs_of, make_schedule
from jobs.tests.waiting import wait_until

SECOND = timedelta(seconds=1)


def fire_time(job: Job) -> datetime:
    assert job.idempotency_key is not None
    return datetime.fromisoformat(job.idempotency_key.split(":", 2)[2])


def test_workers_make_one_job_for_each_second(service: Service) -> None:
    schedule = make_schedule(every_seconds=1, payload={"text": "tick"}, missed="all")
    workers = [service.worker(f"worker{number}") for number in range(3)]

    def succeeded() -> int:
        return Job.objects.filter(state=JobState.SUCCEEDED).count()

    wait_until(lambda: succeeded() >= 2)
    workers[0].signal(signal.SIGSTOP)
    workers[1].signal(signal.SIGKILL)
    before = succeeded()
    wait_until(lambda: succeeded() >= before + 5)
    workers[0].signal(signal.SIGCONT)
    before = succeeded()
    wait_until(lambda: succeeded() >= before + 2)
    # By their keys: a job that is rescued or retried has another `run_at`.
    fire_times = sorted(fire_time(job) for job in jobs_of(schedule))
    assert {later - earlier for earlier, later in pairwise(fire_times)} == {SECOND}
