"""Delayed jobs whose moment has come are moved to their lists."""

from jobs.broker import get_broker
from jobs.services.maintenance.round import Round

# Bounds one call of the script, which holds up every other client of Redis.
PROMOTE_LIMIT = 1_000


def jobs_promote_due() -> Round:
    """Moves ids that are due from the delayed set to their lists; raises BrokerUnavailable.

    No lock and no transaction: PostgreSQL is not asked, and the script in Redis is atomic.
    """
    count = get_broker().promote_due(PROMOTE_LIMIT)
    return Round(count, is_full=count >= PROMOTE_LIMIT)
