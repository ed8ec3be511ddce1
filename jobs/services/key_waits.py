"""Jobs that were deferred for an effect key are woken when its owner ends."""

import logging
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import Error, transaction

from jobs.core.claim import ClaimedJob
from jobs.core.message import QueueMessage, can_be_shared
from jobs.models import Job, KeyWait
from jobs.services.dispatch import dispatch_after_commit
from jobs.sql.statements import run

logger = logging.getLogger(__name__)

# Jobs that one call wakes. Each that is skipped then wakes the next ones, so that no statement
# grows with the number of jobs that share a key.
WAKE_LIMIT = 1_000


def key_waits_note(*, job_ids: Collection[UUID]) -> None:
    """Notes that these jobs, which were just deferred, wait for their effect keys."""
    deferred = Job.objects.filter(id__in=job_ids).order_by("id")
    waits = [
        KeyWait(job_id=job_id, key=key, until=run_at)
        for job_id, key, run_at in deferred.values_list("id", "effect_key", "run_at")
    ]
    KeyWait.objects.bulk_create(
        waits, update_conflicts=True, unique_fields=["job"], update_fields=["key", "until"]
    )


def shared_keys(claims: Iterable[ClaimedJob]) -> list[str]:
    """The effect keys that other jobs may wait for: not those of jobs that are their own key."""
    return [claim.effect_key for claim in claims if can_be_shared(claim.effect_key)]


def jobs_wake_after_commit(keys: Iterable[str]) -> None:
    """Makes due what waits for these effect keys, once the present transaction has committed.

    `keys`: those that a job shares with others; a job that is its own key has none waiting for
    it, and must not be asked about. Without keys PostgreSQL is not asked. Raises nothing: what is
    not woken asks again by itself, after `deferral_seconds`.
    """
    ended = sorted(set(keys))
    if ended:
        transaction.on_commit(lambda: _wake(ended), robust=True)


def _wake(keys: list[str]) -> None:
    try:
        woken = run("wake_key_waits", keys=keys, limit=WAKE_LIMIT)
    except Error as error:
        logger.warning(
            "Jobs that wait for %d effect keys could not be woken; they ask again later: %s",
            len(keys),
            error,
            extra={"event": "jobs.not_woken", "count": len(keys)},
        )
        return
    dispatch_after_commit([(QueueMessage(*row), 0.0) for row in woken], is_repeated=True)
