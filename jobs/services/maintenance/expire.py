"""Jobs whose time to start is over expire, also where no worker meets them."""

from jobs.services.expiry import jobs_expire
from jobs.services.maintenance.round import Round, run_round

# Jobs in one round, so that no transaction grows with what has expired.
EXPIRE_LIMIT = 1_000


def jobs_expire_overdue() -> Round:
    """queued -> expired for what no worker will run any more; counts jobs.

    A claim takes none of them, so that this only has to be soon.
    """
    return run_round("expire", _expire, skipped=Round())


def _expire() -> Round:
    count = jobs_expire(limit=EXPIRE_LIMIT)
    return Round(count, is_full=count >= EXPIRE_LIMIT)
