"""What a probe is told about a worker: whether it moves, and what it waits for."""

from typing import Literal, NotRequired, TypedDict

from jobs.core.conf import jobs_conf
from jobs.core.outage import broker_outage, database_outage
from jobs.worker.assembly import Parts

# A tick of the fetch loop takes a few seconds at most, an outage's backoff included; what a slot
# does before and after a handler takes milliseconds.
UNRESPONSIVE_SECONDS = 30.0
# A statement slower than this means that PostgreSQL is not answering.
DATABASE_SECONDS = 5.0


class WorkerHealth(TypedDict):
    """The JSON document of GET /health."""

    status: Literal["ok", "unresponsive"]
    worker: str
    loop_age_seconds: float
    slot_age_seconds: float
    lease_held: bool
    jobs_in_hand: int
    postgresql: Literal["ok", "down"]
    redis: Literal["ok", "down"]
    cell: NotRequired[str]


def worker_health(parts: Parts) -> WorkerHealth:
    """The status is `ok` while the fetch loop turns and slots move, or wait for PostgreSQL.

    Handlers run on while PostgreSQL is away, and a restart would mend nothing. A handler may take
    as long as it likes: a slot does not move if the worker's own code around a handler is stuck,
    for example in a log handler of the project that writes where nobody reads.
    """
    fetcher = parts.fetcher
    in_database = fetcher.seconds_in_database()
    held_up = parts.pools.seconds_held_up()
    loop_is_stuck = fetcher.seconds_since_tick() - in_database > UNRESPONSIVE_SECONDS
    database_down = database_outage.is_on or in_database > DATABASE_SECONDS
    # Without heartbeats PostgreSQL does not answer, and a slot may wait for it, too.
    may_wait_for_database = database_down or not parts.lease.is_held
    slot_is_stuck = held_up > UNRESPONSIVE_SECONDS and not may_wait_for_database
    told: WorkerHealth = {
        "status": "unresponsive" if loop_is_stuck or slot_is_stuck else "ok",
        "worker": parts.lease.worker.name,
        "loop_age_seconds": round(fetcher.seconds_since_tick(), 1),
        "slot_age_seconds": round(held_up, 1),
        "lease_held": parts.lease.is_held,
        "jobs_in_hand": len(parts.inflight),
        "postgresql": "down" if database_down else "ok",
        "redis": "down" if broker_outage.is_on else "ok",
    }
    if cell := jobs_conf().cell:
        told["cell"] = cell
    return told
