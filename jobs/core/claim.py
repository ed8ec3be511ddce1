"""A claimed job: what a worker holds between claim and record."""

import json
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple
from uuid import UUID

from jobs.core.correlation import traceparent_of
from jobs.core.message import QueueMessage, can_be_shared
from jobs.core.retry import Budget


class ClaimedJob(NamedTuple):
    """One attempt of one job. `worker_id` and `attempt` fence whatever is written about it.

    `failures`, `crashes` and `max_retries` are those of the job when it was claimed. `limits` is
    None for a job that is under no limit; else it has slots, which its outcome frees. `request_id`
    and `traceparent` are None for a job that no request has submitted. `is_followed`: something
    follows when the job is final; see `jobs/services/followups.py`. `given` is what is told of the
    jobs before it, as JSON text or decoded; None for most jobs. `waited_seconds`: from the moment
    at which it could run to its claim.
    """

    id: UUID
    type: str
    queue: str
    priority: int
    payload: dict[str, Any]
    effect_key: str
    attempt: int
    failures: int
    crashes: int
    max_retries: int
    worker_id: UUID
    limits: object = None
    request_id: str | None = None
    traceparent: str | None = None
    is_followed: bool = False
    given: Any = None
    waited_seconds: float = 0.0

    def __repr__(self) -> str:
        """Without the payload: who reports errors keeps what local variables are."""
        return f"<ClaimedJob {self.id} ({self.type}), attempt {self.attempt}>"

    @property
    def id_text(self) -> str:
        """The id as text, without formatting it where it is the effect key."""
        return str(self.id) if can_be_shared(self.effect_key) else self.effect_key

    @property
    def told_to_handler(self) -> dict[str, Any]:
        """What the context of a handler says of the job."""
        told = {
            "job_id": self.id,
            "type": self.type,
            "queue": self.queue,
            "attempt": self.attempt,
            "idempotency_key": self.effect_key,
        }
        if self.request_id or self.traceparent:
            told["request_id"] = request_id = self.request_id or ""
            told["traceparent"] = traceparent_of(request_id, self.traceparent or "")
        if self.given is not None:
            given = json.loads(self.given) if isinstance(self.given, str) else self.given
            told |= {name: given[name] for name in ("batch", "previous_result") if name in given}
        return told

    @property
    def budget(self) -> Budget:
        """What earlier attempts have spent of the retry budget."""
        return Budget(self.failures, self.crashes, self.max_retries)

    @property
    def message(self) -> QueueMessage:
        """What is dispatched for this job."""
        return QueueMessage(self.id, self.effect_key, self.queue, self.priority)


class Claims(list[ClaimedJob]):
    """What one claim has brought.

    `first_left`: the index, among the ids that were asked for, of the first one that was left
    alone because the payloads of those before it had filled the claim. None if all were tried.
    """

    def __init__(self, claims: Iterable[ClaimedJob] = (), first_left: int | None = None) -> None:
        super().__init__(claims)
        self.first_left = first_left


class Claimant(NamedTuple):
    """A worker with free capacity, which may claim at once what it admits itself.

    `queues`: of which it takes jobs now; `most`: how many it takes.
    """

    worker_id: UUID
    queues: Collection[str]
    most: int


class Start(NamedTuple):
    """What is written about the start of an attempt.

    `effect_begins`: from now on it is unknown what has happened if the attempt is cut off. If it is
    False, the handler begins, which says later where its effect does: the crash that would end it
    now is counted ahead, and what is recorded next takes that back.
    """

    claim: ClaimedJob
    effect_begins: bool = True

    @property
    def crashes(self) -> int:
        """What the row counts from now on."""
        return self.claim.crashes + (not self.effect_begins)
