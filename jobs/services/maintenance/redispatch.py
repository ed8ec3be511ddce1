"""Queued jobs that Redis has lost are dispatched again."""

import logging
from collections.abc import Sequence
from uuid import UUID

from jobs.broker import get_broker
from jobs.broker.base import ListName
from jobs.core.conf import jobs_conf
from jobs.models import Job
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.maintenance.round import Round, run_round

logger = logging.getLogger(__name__)

# Jobs of each list (queue and priority) in one round, so that no transaction grows with the damage.
REDISPATCH_LIMIT_PER_LIST = 1_000


def jobs_redispatch_lost(*, queues: Sequence[str]) -> Round:
    """Dispatches again what Redis has lost of these queues; counts jobs.

    Lists are first-in first-out: a job that was dispatched before the next one to come out, and
    is still queued, must be missing from its list. `JOBS_REDISPATCH_MARGIN_SECONDS` covers the
    time between pop and claim. Dispatching a job twice is harmless.

    Raises BrokerUnavailable.
    """
    broker = get_broker()
    # Rows must not be dated as dispatched while Redis refuses their ids.
    broker.check_writable()
    next_out = broker.next_out(queues)
    done = run_round("redispatch", lambda: _redispatch(next_out), skipped=Round())
    if done.count:
        logger.info(
            "Dispatched %d jobs again that Redis had lost",
            done.count,
            extra={"event": "jobs.redispatched", "count": done.count},
        )
    return done


def _redispatch(next_out: dict[ListName, UUID | None]) -> Round:
    lost = Job.objects.redispatch_lost(
        next_out,
        margin_seconds=jobs_conf().redispatch_margin_seconds,
        limit=REDISPATCH_LIMIT_PER_LIST,
    )
    dispatch_after_commit([(message, 0.0) for message in lost], clear_cache_marks=True)
    # No list has reached its limit as long as all of them together have not.
    return Round(len(lost), is_full=len(lost) >= REDISPATCH_LIMIT_PER_LIST)
