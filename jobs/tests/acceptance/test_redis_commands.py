"""What a worker asks of Redis: little while it is idle, and little for each job of a trickle."""

import time

import pytest

from jobs.models import Job
from jobs.tests.acceptance.processes import Service
from jobs.tests.factories import make_job
from jobs.tests.redis_commands import counted_commands
from jobs.tests.waiting import wait_until

# With the intervals of production.
USUAL = {"JOBS_REDISPATCH_SECONDS": "3", "JOBS_REDISPATCH_MARGIN_SECONDS": "3"}
IDLE_SECONDS = 6.0
TRICKLE = 200
TIMERS_A_SECOND = 15


@pytest.mark.parametrize("delayed", [False, True])
def test_an_idle_worker_makes_fewer_than_20_commands_a_second(
    delayed: bool, service: Service
) -> None:
    """Also while a job waits for its moment."""
    if delayed:
        make_job(delay_seconds=3_600)
    service.worker("worker", **USUAL)
    with counted_commands() as commands:
        began = time.monotonic()
        wait_until(lambda: time.monotonic() - began > IDLE_SECONDS, IDLE_SECONDS * 2)
        seconds = time.monotonic() - began
    assert 0 < commands.total / seconds < 20, commands.counts


@pytest.mark.parametrize("text", ["", "shared"])
def test_a_trickle_takes_fewer_than_10_commands_a_job(text: str, service: Service) -> None:
    """One job after the other, each of which finds the worker idle."""
    service.worker("worker", **USUAL)
    make_job()
    wait_until(lambda: Job.objects.filter(state="succeeded").count() == 1)
    began = time.monotonic()
    with counted_commands() as commands:
        for number in range(TRICKLE):
            if text:
                make_job(type="tests.note_by_text", payload={"text": f"{text} {number}"})
            else:
                make_job()
        wait_until(lambda: Job.objects.filter(state="succeeded").count() == TRICKLE + 1, 60.0)
    # What its timers ask in any case goes by the time, which a slow machine takes more of.
    of_timers = TIMERS_A_SECOND * (time.monotonic() - began)
    assert commands.total - of_timers < 10 * TRICKLE, commands.counts
