"""A claimed job: what a worker holds between claim and record."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jobs.messages import QueueMessage
from jobs.retry import Budget


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """One attempt of one job. `worker_id` and `attempt` fence whatever is written about it."""

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
    def budget(self) -> Budget:
        """What was spent of the retry budget before this attempt."""
        return Budget(self.failures, self.crashes, self.max_retries)

    @property
    def message(self) -> QueueMessage:
        """The ring for this job."""
        return QueueMessage(self.id, self.effect_key, self.queue, self.priority)
