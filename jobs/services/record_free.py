"""Outcomes are recorded of those jobs whose rows no other transaction holds."""

import logging
import random
import time
from collections.abc import Sequence

from django.db import OperationalError, transaction

from jobs.core.outage import first_line
from jobs.services.attempts import Finished, Recorded, jobs_record
from jobs.services.short_transaction import limit_transaction
from jobs.sql.contention import is_lock_timeout
from jobs.sql.statements import execute

logger = logging.getLogger(__name__)

# How long one outcome waits for a lock, and all of them together for their locks.
ALONE_LOCK_SECONDS = 0.1
ALONE_SECONDS = 2.0


def jobs_record_free(*, finished: Sequence[Finished]) -> list[Recorded]:
    """`jobs_record`, for maintenance: a lock on the row of one job holds up no other.

    To be called in a transaction of ours. The outcomes of jobs that another transaction holds, or
    whose keys or users it holds, are left out: the next round finds them again. Returns what was
    recorded. Raises the database's errors.
    """
    try:
        return _recorded(finished)
    except OperationalError as error:
        if not is_lock_timeout(error):
            raise
        logger.warning(
            "%d outcomes met another transaction and are written one by one: %s",
            len(finished),
            first_line(error),
            extra={"event": "outcomes.held_up", "count": len(finished)},
        )
    limit_transaction("lock_timeout", ALONE_LOCK_SECONDS)
    return _record_one_by_one(finished)


def _recorded(finished: Sequence[Finished]) -> list[Recorded]:
    """In a savepoint, so that what meets a lock undoes nothing else."""
    with transaction.atomic():
        recorded = jobs_record(finished=finished)
        # A dead letter's user is looked up, and its row locked, here instead of at the commit.
        execute("SET CONSTRAINTS ALL IMMEDIATE")
    return recorded


def _record_one_by_one(finished: Sequence[Finished]) -> list[Recorded]:
    """In another order each time, so that those at the end get their turn as well."""
    recorded: list[Recorded] = []
    until = time.monotonic() + ALONE_SECONDS
    for one in random.sample(finished, len(finished)):
        if time.monotonic() > until:
            break
        try:
            recorded += _recorded([one])
        except OperationalError as error:
            if not is_lock_timeout(error):
                raise
    return recorded
