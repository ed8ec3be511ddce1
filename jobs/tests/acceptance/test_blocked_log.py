"""Standard error is a pipe that nobody reads: jobs run on, and a stop is obeyed."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from jobs.core.states import JobState
from jobs.models import Job
from jobs.services.enqueue import jobs_enqueue
from jobs.services.enqueue.request import JobRequest
from jobs.tests.acceptance.health import health
from jobs.tests.acceptance.processes import Service
from jobs.tests.conftest import Notes
from jobs.tests.factories import make_job
from jobs.tests.waiting import wait_until
from tools.checkout import CHECKOUT
from tools.ports import free_port

# At 130 bytes a line and more, three times what a pipe of Linux takes (64 KiB).
JOBS = 1_500


@pytest.fixture
def unread(service: Service, notes: Notes, request: pytest.FixtureRequest) -> Iterator["Unread"]:
    worker = Unread(service, *getattr(request, "param", ()))
    yield worker
    worker.process.kill()
    worker.process.wait()
    worker.process.stderr.close()  # type: ignore[union-attr]


class Unread:
    """A worker whose log nobody reads."""

    def __init__(self, service: Service, *options: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "manage.py", "runworker", "--health-port", str(self.port)),
                *options,
            ],
            cwd=CHECKOUT,
            env={**service.env, "JOBS_GRACE_SECONDS": "2"},
            stderr=subprocess.PIPE,
        )


@pytest.mark.parametrize("unread", [(), ("--processes", "2")], indirect=True)
def test_jobs_run_on_and_a_stop_is_obeyed_though_nobody_reads_the_log(unread: Unread) -> None:
    jobs_enqueue(requests=[JobRequest("tests.note", {"text": "a"}) for _ in range(JOBS)])
    wait_until(
        lambda: Job.objects.filter(state=JobState.SUCCEEDED).count() == JOBS, 60, "jobs stand still"
    )
    assert health(unread.port)[0] == 200
    long = make_job(type="tests.note_once", payload={"text": "long", "seconds": 60})
    wait_until(lambda: Job.objects.get(id=long.id).started_at is not None)
    unread.process.terminate()
    assert unread.process.wait(20) == 3  # the grace period was over
