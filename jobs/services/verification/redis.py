"""The checks that compare Redis with PostgreSQL."""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction

from jobs.broker import get_broker
from jobs.core.conf import jobs_conf
from jobs.models import Job
from jobs.services.verification.check import EXAMPLES, Check, check_by_statement, timed
from jobs.services.verification.strays import Strays, strays_among_known
from jobs.sql.statements import database_now, execute, fetch_rows, statement

# A redispatch may take this long beyond its interval and its margin.
TOLERANCE_SECONDS = 10.0

# How many slices of the broker's cache marks are read. They decide nothing, so of very many of
# them a sample is enough.
CACHE_MARK_SLICES = 1_000

# How often Redis is asked again about what seems lost.
TICK_SECONDS = 0.25

# Redis may hold so many entries of one list, and this share of them, beyond one of each job. The
# first is what a round of `jobs_redispatch_lost` adds where workers held back what they had popped;
# the second covers entries that are read twice because others come in meanwhile.
SURPLUS_MARGIN = 1_000
SURPLUS_SHARE = 0.1

KEY_TYPES = "key_types"
DISPATCHES = "dispatches"
SURPLUS = "surplus"
DONE_CACHE_MARKS = "done_cache_marks"
REDIS_CHECKS = {
    KEY_TYPES: "every key in Redis has its type",
    DISPATCHES: "Redis knows what is queued and due",
    SURPLUS: "no list holds its jobs again and again",
    DONE_CACHE_MARKS: "no cache mark calls an effect done that is not",
}


def redis_checks() -> list[Check]:
    """Runs all checks of Redis against PostgreSQL; raises BrokerUnavailable."""
    return [
        timed(_key_types_check),
        timed(_dispatches_check),
        timed(_surplus_check),
        timed(_cache_marks_check),
    ]


def missing_job_ids() -> list[UUID]:
    """Up to a thousand queued and due jobs that Redis does not know.

    Jobs that were dispatched within `JOBS_REDISPATCH_MARGIN_SECONDS` are left out: they may be
    between pop and claim. A few of the others may be, too, so dispatching them must be harmless.

    Raises BrokerUnavailable.
    """
    with _suspects(jobs_conf().redispatch_margin_seconds, patience_seconds=0):
        rows = fetch_rows("SELECT id FROM verify_suspect ORDER BY id LIMIT 1000")
    return [job_id for (job_id,) in rows]


def contradicted_cache_marks() -> list[str]:
    """Effect keys whose cache mark says done where PostgreSQL does not.

    Raises BrokerUnavailable.
    """
    with _loaded_cache_marks():
        checked = f"({statement(f'verify_{DONE_CACHE_MARKS}')}) AS checked"
        rows = fetch_rows(f"SELECT subject FROM {checked} WHERE problem IS NOT NULL")  # noqa: S608 - a file of this app
    return [effect_key for (effect_key,) in rows]


def _dispatches_check() -> Check:
    conf = jobs_conf()
    patience_seconds = conf.redispatch_seconds + conf.redispatch_margin_seconds
    with _suspects(patience_seconds + TOLERANCE_SECONDS, patience_seconds) as strays:
        [(violations,)] = fetch_rows("SELECT count(*) FROM verify_suspect")
        found = fetch_rows("SELECT id, dispatched_at FROM verify_suspect ORDER BY id LIMIT 10")
        rows = Job.objects.queued().count()
    return Check(
        DISPATCHES,
        REDIS_CHECKS[DISPATCHES],
        rows,
        violations,
        examples=[f"{one}: queued, dispatched at {at:%H:%M:%S}, not in Redis" for one, at in found],
        notes=strays.note,
    )


def _key_types_check() -> Check:
    wrong = get_broker().wrong_types(queues := queues_in_use())
    examples = wrong[:EXAMPLES]
    return Check(KEY_TYPES, REDIS_CHECKS[KEY_TYPES], len(queues), len(wrong), examples=examples)


def _surplus_check() -> Check:
    with transaction.atomic():
        _create_known()
        _load_known(queues_in_use())
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


def _cache_marks_check() -> Check:
    with _loaded_cache_marks():
        return check_by_statement(DONE_CACHE_MARKS, REDIS_CHECKS[DONE_CACHE_MARKS], {})


@contextmanager
def _suspects(unknown_seconds: float, patience_seconds: float) -> Iterator[Strays]:
    """Makes a temporary table `verify_suspect` of what Redis has lost; yields its strays.

    Suspects are queued jobs that Redis has not known for `unknown_seconds`. An id that was just
    popped lies in no list, so Redis is asked again for up to `patience_seconds`: by then a worker
    must have claimed the job or dispatched it again.
    """
    with transaction.atomic():
        _create_temporary("verify_suspect", "id uuid, dispatched_at timestamptz")
        _create_temporary("verify_head", "queue text, priority int, age float8")
        _create_known()
        queues = queues_in_use()
        asked_at = database_now()
        heads = get_broker().head_ages(queues).items()
        _load("verify_head", ("queue", "priority", "age"), [[(q, p, age) for (q, p), age in heads]])
        _load_known(queues)
        # Redis was read first: a job that is claimed in between is no longer queued here.
        execute(
            statement("verify_suspects"), {"unknown_seconds": unknown_seconds, "asked_at": asked_at}
        )
        strays = strays_among_known()
        deadline = time.monotonic() + patience_seconds
        while _any_suspects() and time.monotonic() < deadline:
            time.sleep(TICK_SECONDS)
            _load_known(queues)
            execute(statement("verify_cleared_suspects"))
        yield strays


@contextmanager
def _loaded_cache_marks() -> Iterator[None]:
    with transaction.atomic():
        _create_temporary("verify_cache_mark", "key text, job_id uuid")
        marks = islice(get_broker().done_cache_marks(), CACHE_MARK_SLICES)
        _load("verify_cache_mark", ("key", "job_id"), marks)
        yield


def _create_known() -> None:
    _create_temporary("verify_known", "id uuid, queue text, priority int")


def _load_known(queues: list[str]) -> None:
    slices = get_broker().waiting_messages(queues)
    execute("TRUNCATE verify_known")
    _load(
        "verify_known",
        ("id", "queue", "priority"),
        ([(one.job_id, one.queue, one.priority) for one in slice_] for slice_ in slices),
    )


def _any_suspects() -> bool:
    return bool(fetch_rows("SELECT 1 FROM verify_suspect LIMIT 1"))


def queues_in_use() -> list[str]:
    """The queues of the settings, and those that only queued jobs still name."""
    named = Job.objects.queued().order_by().values_list("queue", flat=True).distinct()
    return list(dict.fromkeys([*jobs_conf().queues, *named]))


def _create_temporary(table: str, columns: str) -> None:
    """Makes a temporary table that is dropped with the transaction: it works behind a pooler."""
    execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
    execute(f"CREATE TEMPORARY TABLE {table} ({columns}) ON COMMIT DROP")


def _load(table: str, columns: tuple[str, ...], slices: Iterable[list[tuple[Any, ...]]]) -> None:
    """Fills a temporary table slice by slice, so that no statement grows with Redis."""
    names = ", ".join(columns)
    for slice_ in slices:
        rows = [dict(zip(columns, map(_plain, row), strict=True)) for row in slice_]
        execute(
            f"INSERT INTO {table} ({names}) SELECT {names} "  # noqa: S608 - names in this file
            f"FROM jsonb_populate_recordset(NULL::{table}, %(rows)s::jsonb)",
            {"rows": json.dumps(rows)},
        )
    execute(f"ANALYZE {table}")


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
