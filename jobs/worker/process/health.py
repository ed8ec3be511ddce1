"""What a probe is told about a worker: whether its fetch loop turns, and what it waits for."""

from typing import Literal, TypedDict

from jobs.core.outage import broker_outage, database_outage
from jobs.worker.assembly import Parts

# A tick of the fetch loop takes a few seconds at most, an outage's backoff included.
UNRESPONSIVE_SECONDS = 30.0
# A statement slower than this means that PostgreSQL is not answering.
DATABASE_SECONDS = 5.0


class WorkerHealth(TypedDict):
    """The JSON document of GET /health."""

    status: Literal["ok", "unresponsive"]
    worker: str
    loop_age_seconds: float
    lease_held: bool
    jobs_in_hand: int
    postgresql: Literal["ok", "down"]
    redis: Literal["ok", "down"]


def worker_health(parts: Parts) -> WorkerHealth:
    """The status is `ok` while the fetch loop turns, or waits for PostgreSQL.

    Handlers run on while PostgreSQL is away, and a restart would mend nothing.
    """
    fetcher = parts.fetcher
    in_database = fetcher.seconds_in_database()
    unresponsive = fetcher.seconds_since_tick() - in_database > UNRESPONSIVE_SECONDS
    database_down = database_outage.is_on or in_database > DATABASE_SECONDS
    return {
        "status": "unresponsive" if unresponsive else "ok",
        "worker": parts.lease.worker.name,
        "loop_age_seconds": round(fetcher.seconds_since_tick(), 1),
        "lease_held": parts.lease.is_held,
        "jobs_in_hand": len(parts.inflight),
        "postgresql": "down" if database_down else "ok",
        "redis": "down" if broker_outage.is_on else "ok",
    }
