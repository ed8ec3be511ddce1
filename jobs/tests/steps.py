"""Steps in the life of a job, for tests that begin in the middle of it."""

from datetime import datetime
from uuid import UUID

from jobs.core.attempt_error import AttemptError, error_of
from jobs.core.claim import ClaimedJob
from jobs.core.clock import HOUR_SECONDS
from jobs.core.finished import Finished
from jobs.core.outcome import (
    CutOff,
    Failed,
    FailedForGood,
    Outcome,
    Succeeded,
)
from jobs.core.states import JobState
from jobs.models import DeadLetter, Job, Worker
from jobs.models.moments import seconds_ago
from jobs.services.attempts import Recorded, jobs_claim, jobs_record
from jobs.services.maintenance.rescue import jobs_rescue
from jobs.services.starts import jobs_start, start_before_handler
from jobs.services.workers import worker_stop
from jobs.sql.statements import database_now
from jobs.tests.factories import make_worker
from jobs.tests.stamps import stamp_ago


def error(text: str = "failed") -> AttemptError:
    """What is kept of a failure."""
    return error_of(RuntimeError(text), "worker-1")


def stored(job: Job | ClaimedJob) -> Job:
    """The job as PostgreSQL has it now."""
    return Job.objects.get(id=job.id)


def claim_one(job: Job, worker: Worker | None = None) -> ClaimedJob:
    """The attempt of a worker at a job that may start now."""
    [claim] = jobs_claim(worker_id=(worker or make_worker()).id, job_ids=[job.id])
    return claim


def write_start(claim: ClaimedJob) -> bool:
    """Writes what is written before a handler runs; False if the attempt was taken away."""
    wanted = start_before_handler(claim)
    return wanted is None or claim.id in jobs_start(starts=[wanted]).written


def start_one(job: Job, worker: Worker | None = None) -> ClaimedJob:
    """An attempt whose handler is about to run."""
    claim = claim_one(job, worker)
    assert write_start(claim)
    return claim


def record(claim: ClaimedJob, outcome: Outcome) -> Recorded:
    """What was written about the outcome of one attempt."""
    [recorded] = jobs_record(finished=[Finished(claim, outcome)])
    return recorded


def succeed(job: Job) -> ClaimedJob:
    """running -> succeeded, from queued."""
    claim = claim_one(job)
    assert record(claim, Succeeded()).written
    return claim


def fail(job: Job, text: str = "failed") -> ClaimedJob:
    """One attempt that fails; the next one is due at once."""
    claim = claim_one(job)
    assert record(claim, Failed(error(text))).written
    make_due(job)
    return claim


def die(job: Job, outcome: Outcome | None = None) -> DeadLetter:
    """A dead letter, of a permanent error unless `outcome` is another."""
    assert record(start_one(job), outcome or FailedForGood(error())).written
    assert stored(job).state == JobState.DEAD
    return DeadLetter.objects.waiting().get(job_id=job.id)


def interrupt(job: Job) -> tuple[ClaimedJob, DeadLetter]:
    """An attempt whose worker was lost, and the dead letter that says so."""
    worker = make_worker()
    claim = start_one(job, worker)
    lose(worker)
    jobs_rescue()
    return claim, DeadLetter.objects.waiting().get(job_id=job.id)


def unknown() -> CutOff:
    """The handler itself does not know whether it happened."""
    return CutOff(error("who knows"))


def lose(worker: Worker) -> None:
    """From now on the worker counts as dead."""
    worker_stop(worker_id=worker.id)


def heard_now() -> datetime:
    """The database's moment: for a rescuer whose heartbeats have been coming through."""
    return database_now()


def silence(worker: Worker, seconds: float = HOUR_SECONDS) -> None:
    """The worker was last heard `seconds` ago."""
    Worker.objects.filter(id=worker.id).update(heartbeat_at=seconds_ago(seconds))


def make_due(job: Job) -> None:
    """The job's time has come."""
    Job.objects.filter(id=job.id).update(run_at=seconds_ago(1), dispatched_at=seconds_ago(1))


def dispatched_ago(job: Job | UUID, seconds: float) -> None:
    """Dates the job's dispatch, and its entry in Redis, `seconds` before now.

    After now, if negative.
    """
    job_id = job.id if isinstance(job, Job) else job
    Job.objects.filter(id=job_id).update(dispatched_at=seconds_ago(seconds))
    stamp_ago({job_id}, seconds)
