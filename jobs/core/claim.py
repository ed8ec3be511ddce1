"""A claimed job: what a worker holds between claim and record."""

from typing import Any, NamedTuple
from uuid import UUID

from jobs.core.message import QueueMessage, can_be_shared
from jobs.core.retry import Budget


class ClaimedJob(NamedTuple):
    """One attempt of one job. `worker_id` and `attempt` fence whatever is written about it.

    `failures`, `crashes` and `max_retries` are those of the job when it was claimed.
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

    @property
    def id_text(self) -> str:
        """The id as text, without formatting it where it is the effect key."""
        return str(self.id) if can_be_shared(self.effect_key) else self.effect_key

    @property
    def budget(self) -> Budget:
        """What earlier attempts have spent of the retry budget."""
        return Budget(self.failures, self.crashes, self.max_retries)

    @property
    def message(self) -> QueueMessage:
        """What is dispatched for this job."""
        return QueueMessage(self.id, self.effect_key, self.queue, self.priority)
