"""Outcomes are recorded of those jobs whose rows no other transaction holds, and that can be."""

import logging
import random
import time
from collections.abc import Sequence

from django.db import transaction

from jobs.core.finished import Finished
from jobs.core.outage import first_line
from jobs.services.attempts import Recorded, jobs_record
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.not_written import log_not_written
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
    whose keys or users it holds, are left out: the next round finds them again. So are those that
    cannot be recorded at all, which are logged. Returns what was recorded. Raises the errors of a
    database that is away.
    """
    try:
        return _recorded(finished)
    except Exception as error:
        if isinstance(error, DATABASE_ERRORS) and not is_lock_timeout(error):
            raise
        logger.warning(
            "%d outcomes could not be written together and are written one by one: %s: %s",
            len(finished),
            type(error).__name__,
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
        except Exception as error:
            if is_lock_timeout(error):
                continue
            if isinstance(error, DATABASE_ERRORS):
                raise
            log_not_written(one.claim, error)
    return recorded
