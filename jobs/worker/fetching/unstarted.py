"""Claims that wait in the pools and have not begun."""

from collections.abc import Collection

from jobs.services.attempts import jobs_give_back
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.worker.execution.pools import Pools
from jobs.worker.inflight import Inflight


def give_back_unstarted(
    pools: Pools, inflight: Inflight, queues: Collection[str] | None = None
) -> None:
    """Gives them back, at no cost, and to the place where the jobs were.

    `queues`: only those of these; None for all. The pools keep them if that fails. Raises the
    database's errors.
    """
    unstarted = pools.take_back(queues)
    if not unstarted:
        return
    try:
        jobs_give_back(claims=unstarted)
    except DATABASE_ERRORS:
        pools.submit(unstarted)
        raise
    inflight.remove(unstarted)
