"""A chain as people may see it: in answers, on the command line, in the admin."""

from typing import Any, TypedDict
from uuid import UUID

from jobs.core.attempt_error import error_summary
from jobs.core.states import FINAL_STATES, ChainState, JobState
from jobs.models import Job
from jobs.services.chains import CHAIN_JOBS_MAX
from jobs.services.written import written, written_or_none
from jobs.sql.statements import run


class ChainJob(TypedDict):
    """A job of a chain; `id` and `state` are null until it is enqueued."""

    position: int
    id: str | None
    type: str
    queue: str
    state: str | None
    error: str | None
    finished_at: str | None


class ChainFacts(TypedDict):
    """A chain; its id is that of its first job."""

    id: str
    state: ChainState
    total: int
    done: int
    jobs: list[ChainJob]
    batch: str | None
    created_at: str
    submitted_by: str | None


def chain_jobs(chain_id: UUID) -> list[Job]:
    """The jobs of a chain that are enqueued, in their order; none if there is no such chain."""
    jobs = _read(chain_id)
    # One that has ended between the two statements is followed by one that the first did not see.
    while jobs and _has_next(jobs[-1]) and len(again := _read(chain_id)) > len(jobs):
        jobs = again
    return jobs


def _has_next(job: Job) -> bool:
    return "next" in (job.given or {}).get("chain", {})


def _read(chain_id: UUID) -> list[Job]:
    ids = [row[0] for row in run("chain_jobs", id=chain_id, limit=CHAIN_JOBS_MAX)]
    jobs = Job.objects.select_related("submitted_by").defer("payload").in_bulk(ids)
    return [jobs[job_id] for job_id in ids if job_id in jobs]


def chain_facts(chain_id: UUID) -> ChainFacts | None:
    """The chain as it is; None if there is none, or its first job was pruned."""
    jobs = chain_jobs(chain_id)
    if not jobs:
        return None
    first, last = jobs[0], jobs[-1]
    total = (first.given or {})["chain"]["total"]
    client = first.submitted_by
    return {
        "id": str(chain_id),
        "state": _state(last, is_last=len(jobs) == total),
        "total": total,
        "done": sum(job.state in _DONE for job in jobs),
        "jobs": [
            *(_enqueued(number, job) for number, job in enumerate(jobs, 1)),
            *(
                _to_come(number, one)
                for number, one in enumerate(last.next_jobs or [], len(jobs) + 1)
            ),
        ],
        "batch": str(first.batch_id) if first.batch_id else None,
        "created_at": written(first.created_at),
        "submitted_by": client.get_username() if client else None,
    }


_DONE = (JobState.SUCCEEDED, JobState.SKIPPED)


def _state(last: Job, *, is_last: bool) -> ChainState:
    if last.state not in FINAL_STATES:
        return ChainState.RUNNING
    return ChainState.SUCCEEDED if is_last and last.state in _DONE else ChainState.STOPPED


def _enqueued(position: int, job: Job) -> ChainJob:
    return {
        "position": position,
        "id": str(job.pk),
        "type": job.type,
        "queue": job.queue,
        "state": job.state,
        "error": error_summary(job.errors) or None,
        "finished_at": written_or_none(job.finished_at),
    }


def _to_come(position: int, stored: dict[str, Any]) -> ChainJob:
    return {
        "position": position,
        "id": None,
        "type": stored["type"],
        "queue": stored["queue"],
        "state": None,
        "error": None,
        "finished_at": None,
    }
