"""What log lines that concern a job carry for machines."""

from typing import NamedTuple
from uuid import UUID

from jobs.core.claim import ClaimedJob
from jobs.core.correlation import trace_id_of

_worker = ""


def log_as_worker(name: str) -> None:
    """From now on the lines of this process carry the name of its worker."""
    global _worker
    _worker = name


def worker_of_process() -> str:
    """The name of the worker that this process is; empty for any other process."""
    return _worker


def attempt_fields(event: str, claim: ClaimedJob, **fields: object) -> dict[str, object]:
    """The `extra` of a log call: `fields`, the stable name of the event, and the attempt."""
    # One dictionary and no second one: a line is logged for each job that starts.
    fields["event"] = event
    fields["job_id"] = claim.id_text
    fields["job_type"] = claim.type
    fields["queue"] = claim.queue
    fields["attempt"] = claim.attempt
    if "worker" not in fields:
        fields["worker"] = _worker
    if claim.request_id is not None:
        fields["request_id"] = claim.request_id
        fields["trace_id"] = trace_id_of(claim.request_id, claim.traceparent or "")
    elif claim.traceparent is not None:
        fields["trace_id"] = trace_id_of("", claim.traceparent)
    return fields


class LoggedJob(NamedTuple):
    """A job that ended without an attempt, as lines about it tell. `attempt`: the last one."""

    id: UUID
    type: str
    queue: str
    attempt: int
    request_id: str | None
    traceparent: str | None

    def fields(self, event: str, **fields: object) -> dict[str, object]:
        """The `extra` of a log call, with the same names as those of an attempt."""
        told = {
            **fields,
            "event": event,
            "job_id": str(self.id),
            "job_type": self.type,
            "queue": self.queue,
            "attempt": self.attempt,
            "worker": _worker,
        }
        if self.request_id is not None:
            told["request_id"] = self.request_id
            told["trace_id"] = trace_id_of(self.request_id, self.traceparent or "")
        return told
