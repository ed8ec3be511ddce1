"""The checks that compare Redis with PostgreSQL."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction

from jobs.broker import get_broker
from jobs.core.conf import jobs_conf
from jobs.models import Job
from jobs.services.verification.cache_marks import cache_marks_check
from jobs.services.verification.check import EXAMPLES, Check, timed
from jobs.services.verification.loaded import (
    create_known,
    create_temporary,
    load,
    load_known,
    queues_in_use,
)
from jobs.services.verification.strays import strays_note
from jobs.services.verification.unknown import unknown_check_of_known
from jobs.sql.statements import database_now, execute, fetch_rows, statement

# A redispatch may take this long beyond its interval and its margin.
TOLERANCE_SECONDS = 10.0

# How often Redis is asked again about what seems lost.
TICK_SECONDS = 0.25

# A message that is due within this time is not late, whatever its row says: a claim that met
# another transaction is tried again after 5 s.
SOON_SECONDS = 10.0

# How many entries Redis may hold of one list, plus a share of all, beyond one of each job. The
# first is what a round of `jobs_redispatch_lost` adds where workers held back what they had popped;
# the second covers entries that are read twice because others come in meanwhile.
SURPLUS_MARGIN = 1_000
SURPLUS_SHARE = 0.1

KEY_TYPES = "key_types"
DISPATCHES = "dispatches"
SURPLUS = "surplus"
REDIS_CHECKS = {
    KEY_TYPES: "every key in Redis has its type",
    DISPATCHES: "Redis knows what is queued and due",
    SURPLUS: "no list holds its jobs again and again",
}


def redis_checks() -> list[Check]:
    """Runs all checks of Redis against PostgreSQL; raises BrokerUnavailable."""
    return [
        timed(_key_types_check),
        timed(_dispatches_check),
        *_known_checks(),
        timed(cache_marks_check),
    ]


def _known_checks() -> list[Check]:
    """Both look at all that Redis holds, which is read once, as a part of the first."""
    with transaction.atomic():
        return [timed(_surplus_check), timed(unknown_check_of_known)]


def missing_job_ids() -> list[UUID]:
    """Up to a thousand queued and due jobs that Redis does not know.

    Jobs that were dispatched within `JOBS_REDISPATCH_MARGIN_SECONDS` are left out: they may be
    between pop and claim. A few of the others may be, too, so dispatching them must be harmless.

    Raises BrokerUnavailable.
    """
    margin_seconds = jobs_conf().redispatch_margin_seconds
    with _suspects(margin_seconds, patience_seconds=0, by_heads=False):
        rows = fetch_rows("SELECT id FROM verify_suspect ORDER BY id LIMIT 1000")
    return [job_id for (job_id,) in rows]


def _dispatches_check() -> Check:
    conf = jobs_conf()
    patience_seconds = conf.redispatch_seconds + conf.redispatch_margin_seconds
    with _suspects(patience_seconds + TOLERANCE_SECONDS, patience_seconds) as note:
        [(violations,)] = fetch_rows("SELECT count(*) FROM verify_suspect")
        found = fetch_rows("SELECT id, dispatched_at FROM verify_suspect ORDER BY id LIMIT 10")
        rows = Job.objects.all_queued().count()
    return Check(
        DISPATCHES,
        REDIS_CHECKS[DISPATCHES],
        rows,
        violations,
        examples=[f"{one}: queued, dispatched at {at:%H:%M:%S}, not in Redis" for one, at in found],
        notes=note,
    )


def _key_types_check() -> Check:
    wrong = get_broker().wrong_types(queues := queues_in_use())
    examples = wrong[:EXAMPLES]
    return Check(KEY_TYPES, REDIS_CHECKS[KEY_TYPES], len(queues), len(wrong), examples=examples)


def _surplus_check() -> Check:
    create_known()
    load_known(queues_in_use())
    lists = fetch_rows(statement("verify_surplus"))
    over = [
        (name, surplus)
        for name, entries, surplus in lists
        if surplus > SURPLUS_MARGIN + SURPLUS_SHARE * (entries - surplus)
    ]
    return Check(
        SURPLUS,
        REDIS_CHECKS[SURPLUS],
        sum(entries for _, entries, _ in lists),
        sum(surplus for _, surplus in over),
        examples=[f"{name}: {surplus:,} entries too many" for name, surplus in over[:EXAMPLES]],
    )


@contextmanager
def _suspects(
    unknown_seconds: float, patience_seconds: float, *, by_heads: bool = True
) -> Iterator[str]:
    """Makes a temporary table `verify_suspect` of what Redis has lost; yields a note.

    Suspects are queued jobs that Redis has not known for `unknown_seconds`. An id that was just
    popped lies in no list, so Redis is asked again for up to `patience_seconds`: by then a worker
    must have claimed the job or dispatched it again.
    `by_heads`: what was dispatched after the next entry to come out is not lost yet, as workers
    will notice it in time.
    """
    with transaction.atomic():
        create_temporary("verify_suspect", "id uuid, dispatched_at timestamptz")
        create_temporary("verify_head", "queue text, priority int, age float8, job_id uuid")
        create_known()
        queues = queues_in_use()
        asked_at = database_now()
        if by_heads:
            _load_heads(queues)
        load_known(queues, due_within_seconds=SOON_SECONDS)
        # Redis was read first: a job that is claimed in between is no longer queued here.
        execute(
            statement("verify_suspects"), {"unknown_seconds": unknown_seconds, "asked_at": asked_at}
        )
        note = strays_note()
        deadline = time.monotonic() + patience_seconds
        while _any_suspects() and time.monotonic() < deadline:
            time.sleep(TICK_SECONDS)
            load_known(queues, due_within_seconds=SOON_SECONDS)
            execute(statement("verify_cleared_suspects"))
        yield note


def _load_heads(queues: list[str]) -> None:
    ages, jobs = get_broker().head_ages(queues), get_broker().head_jobs(queues)
    rows = [(*name, ages.get(name), job_id) for name, job_id in jobs.items()]
    load("verify_head", ("queue", "priority", "age", "job_id"), [rows])


def _any_suspects() -> bool:
    return bool(fetch_rows("SELECT 1 FROM verify_suspect LIMIT 1"))
