"""Queued jobs that Redis has lost are dispatched again."""

import logging
from collections.abc import Sequence

from jobs.broker import get_broker
from jobs.core.conf import jobs_conf
from jobs.models import Job
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.short_transaction import short_transaction, try_advisory_lock

logger = logging.getLogger(__name__)

# Bounds one round, so that no transaction grows with the damage; the next round follows.
REDISPATCH_LIMIT_PER_LIST = 1_000


def jobs_redispatch_lost(*, queues: Sequence[str]) -> int:
    """Rings for queued jobs that Redis has lost; returns how many.

    Lists are first-in first-out: what was rung before the next one to come out, and is still
    queued, must have lost its ring. A margin covers what lies between pop and claim.

    Raises BrokerUnavailable.
    """
    broker = get_broker()
    broker.check_writable()  # else rows would be dated, and their rings refused
    next_out = broker.next_out(queues)
    with short_transaction():
        if not try_advisory_lock("redispatch"):
            return 0
        lost = Job.objects.redispatch_lost(
            next_out,
            margin_seconds=jobs_conf().redispatch_margin_seconds,
            limit=REDISPATCH_LIMIT_PER_LIST,
        )
        dispatch_after_commit([(message, 0.0) for message in lost], clear_cache_marks=True)
    if lost:
        logger.info("Rang again for %d jobs that Redis had lost", len(lost))
    return len(lost)
