"""What a failover without synchronous replication may take: the former primary's last commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

# How far a standby may be behind on a busy machine; a healthy one is by milliseconds.
LAG_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Failover:
    """When the primary was struck, and when another one had acknowledged a commit (Unix time)."""

    struck_at: float
    over_at: float


def may_be_lost(at: float, failovers: Sequence[Failover]) -> bool:
    """Whether one of them may have taken what was committed at that time."""
    return any(one.struck_at - LAG_SECONDS <= at <= one.over_at for one in failovers)


def made_at(job_id: str) -> float:
    """When a job was accepted, as its id says (UUID of version 7): its row may be gone."""
    return (UUID(job_id).int >> 80) / 1_000
