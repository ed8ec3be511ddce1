"""Queued jobs that Redis has lost are dispatched again."""

import logging
from collections.abc import Sequence
from datetime import datetime

from jobs.broker import get_broker
from jobs.broker.base import ListName
from jobs.core.conf import jobs_conf
from jobs.models import Job
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.maintenance.round import Round, run_round
from jobs.sql.statements import database_now

logger = logging.getLogger(__name__)

# Jobs of each list (queue and priority) in one round, so that no transaction grows with the damage.
REDISPATCH_LIMIT_PER_LIST = 1_000


def jobs_redispatch_lost(
    *, queues: Sequence[str], dispatched_before: datetime | None = None
) -> Round:
    """Dispatches again what Redis has lost of these queues; counts jobs.

    Lists are first-in first-out: a job that was dispatched before the next entry to come out, and
    is still queued, must be missing from its list. The stamp of that entry says when it was
    dispatched, whatever has become of its job. `JOBS_REDISPATCH_MARGIN_SECONDS` covers the time
    between pop and claim. Dispatching a job twice is harmless.

    `dispatched_before`: a moment of the database; what was dispatched since is left out. With the
    moment at which a turn of several rounds began, each job is dispatched once a turn at most.

    Raises BrokerUnavailable.
    """
    broker = get_broker()
    # Rows must not be dated as dispatched while Redis refuses their ids.
    broker.check_writable()
    # Read before the ages, so that however long Redis takes to answer no head seems to be younger.
    asked_at = database_now()
    ages = broker.head_ages(queues)
    done = run_round(
        "redispatch", lambda: _redispatch(ages, asked_at, dispatched_before), skipped=Round()
    )
    if done.count:
        logger.info(
            "Dispatched %d jobs again that Redis had lost",
            done.count,
            extra={"event": "jobs.redispatched", "count": done.count},
        )
    return done


def _redispatch(
    head_ages: dict[ListName, float | None], asked_at: datetime, dispatched_before: datetime | None
) -> Round:
    lost = Job.objects.redispatch_lost(
        head_ages,
        asked_at=asked_at,
        dispatched_before=dispatched_before,
        margin_seconds=jobs_conf().redispatch_margin_seconds,
        limit=REDISPATCH_LIMIT_PER_LIST,
    )
    dispatch_after_commit([(message, 0.0) for message in lost], is_repeated=True)
    # No list has reached its limit as long as all of them together have not.
    return Round(len(lost), is_full=len(lost) >= REDISPATCH_LIMIT_PER_LIST)
