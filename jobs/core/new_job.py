"""A job on its way into PostgreSQL, and the row that came of it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from jobs.core.message import QueueMessage

_NULL = r"\N"


class NewJob(NamedTuple):
    """A job to insert.

    It is due at `run_at`; if that is None, `delay_seconds` after the insert. An `effect_key` of
    None stands for the job's own id. `former_effect_key`: how a client's key was written before it
    named the client; None for all others. `recipients`: how many people its mail goes to.
    `limits`: the names of those that it is under; `fair_limit`: the one of them in whose order its
    `fairness_key` counts, None if there is none.
    `expires_at`, or else `expires_in_seconds` after the insert: if it has not begun by then, it
    never runs; None for both is never. `request_id`, `traceparent`: of the request that submits it.
    `callback_url`: what is called when it is final; None for most jobs.
    """

    type: str
    queue: str
    priority: int
    payload_json: str
    idempotency_key: str | None
    effect_key: str | None
    submitted_by_id: int | None
    max_retries: int
    run_at: datetime | None = None
    delay_seconds: float = 0.0
    former_effect_key: str | None = None
    recipients: int = 0
    limits: tuple[str, ...] = ()
    fair_limit: str | None = None
    fairness_key: str | None = None
    expires_at: datetime | None = None
    expires_in_seconds: float | None = None
    request_id: str | None = None
    traceparent: str | None = None
    callback_url: str | None = None

    def __repr__(self) -> str:
        """Without the payload: who reports errors keeps what local variables are."""
        return f"<NewJob ({self.type}) for {self.queue}>"

    @property
    def is_plain(self) -> bool:
        """Whether it may run at once, at any time, and is no duplicate: such jobs can be copied."""
        return (
            self.idempotency_key is None
            and self.run_at is None
            and not self.delay_seconds
            and self.expires_at is None
            and self.expires_in_seconds is None
        )

    def message(self, job_id: UUID, id_text: str) -> QueueMessage:
        """What is dispatched for it, once it has this id; `id_text` is the same as text."""
        return QueueMessage(job_id, self.effect_key or id_text, self.queue, self.priority)

    def as_line(self, id_text: str, effect_key: str) -> str:
        """The row of a plain job as `jobs/sql/copy_jobs.sql` takes it.

        Text format of COPY (PostgreSQL's manual, COPY, section "File Formats"): tabs between the
        columns, `\\N` for NULL, and backslashes before special characters. JSON has no bare tab.
        """
        client = _NULL if self.submitted_by_id is None else self.submitted_by_id
        payload = self.payload_json.replace("\\", r"\\")
        key = id_text if effect_key is id_text else _escaped(effect_key)
        return (
            f"{id_text}\t{self.type}\t{self.queue}\t{self.priority}\t{payload}\t"
            f"{key}\t{client}\t{self.max_retries}\t"
            # Neither has a character that COPY would take for another.
            f"{self.request_id or _NULL}\t{self.traceparent or _NULL}\t"
            "queued\t0\t0\t0\t[]\n"
        )


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")


class Inserted(NamedTuple):
    """A row that was inserted. Moments are seconds since 1970, by the database's clock."""

    message: QueueMessage
    created_at: float
    run_at: float

    @property
    def delay_seconds(self) -> float:
        """How far ahead `run_at` lies; 0 or less for a job that may run at once."""
        return self.run_at - self.created_at
