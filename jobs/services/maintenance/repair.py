"""What the timers of the workers repair round by round, repaired in one call."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models.functions import Now

from jobs.broker import get_broker
from jobs.core.conf import jobs_conf
from jobs.core.message import QueueMessage
from jobs.models import Job
from jobs.services.batches.repair import batches_repair
from jobs.services.dead_letter_groups.counting import groups_recount
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.maintenance.rescue import HEARD_BEATS, jobs_rescue, silent_workers
from jobs.services.maintenance.round import Round, run_rounds
from jobs.services.short_transaction import short_transaction
from jobs.services.verification.again import restored_in_words
from jobs.services.verification.cache_marks import contradicted_cache_marks
from jobs.services.verification.loaded import queues_in_use
from jobs.services.verification.redis import missing_job_ids
from jobs.services.verification.unknown import unknown_job_ids
from jobs.sql.contention import repeats_conflicts
from jobs.sql.statements import database_now

# How many keys one command to Redis names.
CLEAR_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair has changed: counts of jobs, effect keys, keys in Redis, batches, and groups of
    dead letters whose count was wrong.

    `unknown_removed`: jobs that were taken out of Redis, as PostgreSQL does not have them.
    `may_happen_again`: sentences, if one of the servers is of an earlier moment than the other.
    """

    rescued: int
    redispatched: int
    cache_marks_cleared: int
    keys_removed: int
    batches_counted: int = 0
    groups_counted: int = 0
    unknown_removed: int = 0
    may_happen_again: Sequence[str] = ()


def jobs_repair() -> Repaired:
    """Rescues from dead workers, dispatches what Redis has lost, clears wrong cache marks, removes
    from Redis keys that have the wrong type and jobs that PostgreSQL does not have, and puts the
    counters of batches and of groups right.

    Changes nothing that is in order. It may run beside workers. Where a worker is silent it waits
    for two heartbeats first, 10 s by default. Raises BrokerUnavailable.
    """
    unknown, (marks, repeated) = unknown_job_ids(), _contradicted_marks()
    again = restored_in_words(unknown=unknown, repeated=repeated)
    rescued = _rescue()
    keys_removed = get_broker().remove_wrong_types(queues_in_use())
    for start in range(0, len(marks), CLEAR_BATCH):
        get_broker().clear_cache_marks(marks[start : start + CLEAR_BATCH])
    if unknown:
        get_broker().remove_jobs(queues_in_use(), unknown)
    return Repaired(
        rescued,
        _dispatch_missing(),
        len(marks),
        keys_removed,
        batches_repair(),
        groups_recount(),
        len(unknown),
        again,
    )


def _contradicted_marks() -> tuple[list[str], Counter[str]]:
    """The effect keys of wrong cache marks, and how many jobs of each type they call done that are
    queued or running."""
    effect_keys, repeated = [], Counter[str]()
    for portion in contradicted_cache_marks():
        effect_keys += [one.effect_key for one in portion]
        repeated.update(one.repeated_type for one in portion if one.repeated_type)
    return effect_keys, repeated


def _rescue() -> int:
    """Asks twice which workers are silent, as `jobs_rescue` wants of a caller without heartbeats.

    Waits for two heartbeats in between, but only if a worker is silent at all.
    """
    asked_at = database_now()
    if silent_workers(asked_at).exists():
        time.sleep(HEARD_BEATS * jobs_conf().heartbeat_seconds)
    return sum(done.count for done in run_rounds(lambda: jobs_rescue(heard_at=asked_at)))


def _dispatch_missing() -> int:
    """Dispatches exactly what is missing, in every queue that jobs name.

    Not by `jobs_redispatch_lost`, which finds only what is older than the next one to come out.
    """
    return sum(done.count for done in run_rounds(_dispatch_missing_round))


@repeats_conflicts
def _dispatch_missing_round() -> Round:
    missing = missing_job_ids()
    if not missing:
        return Round()
    with short_transaction():
        lost = (
            Job.objects.queued()
            .filter(id__in=missing, held_by__isnull=True)
            .select_for_update(skip_locked=True)
        )
        messages = [
            QueueMessage(*row) for row in lost.values_list("id", "effect_key", "queue", "priority")
        ]
        Job.objects.filter(id__in=[one.job_id for one in messages]).update(dispatched_at=Now())
        dispatch_after_commit([(one, 0.0) for one in messages], is_repeated=True)
    # Other transactions hold the rows that were skipped, and will dispatch them themselves.
    return Round(len(messages), is_full=bool(messages))
