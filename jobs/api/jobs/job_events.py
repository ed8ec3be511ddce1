"""What has happened to a job since a client looked last, as events of a stream.

Events are made from the job's row, its progress and its errors as they are now: between two looks a
state may have come and gone. The id of an event says what the client has seen with it; a stream
that begins with that id goes on behind it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from jobs.api.jobs.representations import single_job
from jobs.api.shared.event_stream import NotAnEventId, StreamEvent
from jobs.api.shared.moments import written
from jobs.core.attempt_error import shown_attempts
from jobs.core.states import FINAL_STATES, JobState
from jobs.models import Job
from jobs.services.progress import job_progress_report, shown_progress
from jobs.services.waiting_for import job_waiting_for

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(rf"(\d{{1,9}})-(\d{{1,9}})-({'|'.join(JobState.values)})-(\d{{1,18}})", re.A)


@dataclass(frozen=True)
class EventCursor:
    """What a client has seen of a job: how many errors, the state in which attempt, and the
    progress that was reported at a moment, in microseconds since 1970."""

    errors: int
    attempt: int
    state: str
    progress_at: int

    @classmethod
    def decode(cls, text: str) -> "EventCursor":
        """The cursor in the id of an event; raises NotAnEventId."""
        match = _CURSOR.fullmatch(text)
        if match is None:
            raise NotAnEventId(text[:100])
        errors, attempt, state, progress_at = match.groups()
        return cls(int(errors), int(attempt), state, int(progress_at))

    def encode(self) -> str:
        """As the id of an event has it."""
        return f"{self.errors}-{self.attempt}-{self.state}-{self.progress_at}"


def job_events(job: Job, last_id: str) -> Iterator[StreamEvent]:
    """The events since the one with this id, in their order; empty: since the job was accepted.

    The last one of a job that has ended is `final`. Rows come as `single_job` wants them.
    Raises NotAnEventId.
    """
    seen = EventCursor.decode(last_id) if last_id else None
    is_new = seen is None or (seen.state, seen.attempt) != (job.state, job.attempt)
    is_final = job.state in FINAL_STATES
    # Errors come before the state that they led to, and belong to the state before.
    now = seen or EventCursor(0, 0, JobState.QUEUED, 0)
    for error in shown_attempts(job.errors[now.errors :], with_tracebacks=False):
        now = replace(now, errors=now.errors + 1)
        yield StreamEvent(now.encode(), "attempt", error)
    if is_new and not is_final:
        now = replace(now, state=job.state, attempt=job.attempt)
        yield StreamEvent(now.encode(), "state", _state(job))
    report = job_progress_report(job) if job.attempt else None
    if report and (at := _microseconds(report.reported_at)) != now.progress_at:
        now = replace(now, progress_at=at)
        yield StreamEvent(now.encode(), "progress", shown_progress(report))
    if is_new and is_final:
        now = replace(now, state=job.state, attempt=job.attempt)
        yield StreamEvent(now.encode(), "final", single_job(job))


def _state(job: Job) -> dict[str, Any]:
    return {
        "id": str(job.pk),
        "state": job.state,
        "attempt": job.attempt,
        "run_at": written(job.run_at),
        "waiting_for": job_waiting_for(job),
    }


def _microseconds(moment: datetime) -> int:
    return round((moment - _EPOCH).total_seconds() * 1_000_000)
