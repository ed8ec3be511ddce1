"""Whether every promise holds in this database, and whether Redis is in step. Reads only."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from jobs.broker import get_broker
from jobs.conf import jobs_conf
from jobs.models import Job
from jobs.sql import statement

EXAMPLES = 10

# What a repair may take beyond the worker timeout, and beyond the reconciler's times.
TOLERANCE_SECONDS = 10.0

# Marks are only a cache: of very many, a sample is enough. In slices of the broker.
MARK_SLICES = 1_000

LOOK_AGAIN_SECONDS = 0.25
DAY_SECONDS = 86_400

LEDGER_CHECKS = {
    "job_states": "every job is in a legal state, with columns that fit",
    "key_owners": "one owner for each effect key",
    "running": "no running job without a live worker",
    "succeeded": "no success without its processed key",
    "processed_keys": "no processed key without a success",
    "skipped": "what was skipped had been done by another job",
    "dead": "every dead job has its dead letter",
    "dead_letters": "every dead letter fits its job and is complete",
}
"""Name and promise; the statement is `jobs/sql/verify_<name>.sql`."""

RINGS = "rings"
DONE_MARKS = "done_marks"
REDIS_CHECKS = {
    RINGS: "Redis knows what is queued and due",
    DONE_MARKS: "L1 calls nothing done that is not",
}


@dataclass(frozen=True, slots=True)
class Check:
    """What one check has found."""

    name: str
    promise: str
    rows: int
    violations: int
    seconds: float
    examples: list[str] = field(default_factory=list)
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What all checks have found."""

    checks: list[Check]

    @property
    def is_clean(self) -> bool:
        return not any(check.violations for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"clean": self.is_clean, "checks": [asdict(check) for check in self.checks]}


def jobs_verify() -> Report:
    """Checks the whole database, and Redis against it; raises BrokerUnavailable.

    May run beside workers: what is on its way is not taken for lost.
    """
    return Report([*ledger_checks(), *redis_checks()])


def ledger_checks() -> list[Check]:
    """The checks that need PostgreSQL alone, all at one moment of the ledger."""
    with transaction.atomic():
        if len(connection.savepoint_ids) == 0:  # not inside somebody else's transaction
            _run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return [_ledger_check(name, promise) for name, promise in LEDGER_CHECKS.items()]


def redis_checks() -> list[Check]:
    """The checks that compare Redis with the ledger; raises BrokerUnavailable."""
    return [_rings_check(), _marks_check()]


def missing_job_ids() -> list[UUID]:
    """Queued and due jobs that Redis does not know, a thousand at most; raises BrokerUnavailable.

    A margin covers what lies between pop and claim; a few may be on their way all the same.
    """
    with _suspects(jobs_conf().ring_margin_seconds, patience_seconds=0):
        return [row[0] for row in _rows("SELECT id FROM verify_suspect ORDER BY id LIMIT 1000")]


def contradicted_marks() -> list[str]:
    """Effect keys that L1 calls done and the ledger does not; raises BrokerUnavailable."""
    with _loaded_marks():
        sql = f"SELECT subject FROM ({statement('verify_done_marks')}) AS looked "  # noqa: S608
        return [row[0] for row in _rows(sql + "WHERE problem IS NOT NULL")]


def _ledger_check(name: str, promise: str) -> Check:
    conf = jobs_conf()
    parameters = {
        "rescue_seconds": conf.worker_timeout_seconds + TOLERANCE_SECONDS,
        "key_retention_seconds": conf.key_retention_days * DAY_SECONDS,
    }
    return _measured(lambda: _look(name, promise, parameters))


def _look(name: str, promise: str, parameters: dict[str, Any]) -> Check:
    looked = f"FROM ({statement(f'verify_{name}')}) AS looked"
    [(rows, violations)] = _rows(f"SELECT count(*), count(problem) {looked}", parameters)
    examples = f"SELECT subject, problem {looked} WHERE problem IS NOT NULL LIMIT {EXAMPLES}"
    found = _rows(examples, parameters) if violations else []
    return Check(name, promise, rows, violations, 0.0, [f"{one}: {what}" for one, what in found])


def _rings_check() -> Check:
    def look() -> Check:
        conf = jobs_conf()
        patience_seconds = conf.reconcile_seconds + conf.ring_margin_seconds
        with _suspects(patience_seconds + TOLERANCE_SECONDS, patience_seconds) as strangers:
            [(violations,)] = _rows("SELECT count(*) FROM verify_suspect")
            found = _rows("SELECT id, rung_at FROM verify_suspect ORDER BY id LIMIT 10")
            rows = Job.objects.queued().count()
        examples = [f"{one}: queued, to be rung at {at:%H:%M:%S}, unknown" for one, at in found]
        notes = f"{strangers} ids in Redis that are not queued (harmless)" if strangers else ""
        return Check(RINGS, REDIS_CHECKS[RINGS], rows, violations, 0.0, examples, notes)

    return _measured(look)


def _marks_check() -> Check:
    def look() -> Check:
        with _loaded_marks():
            return _look(DONE_MARKS, REDIS_CHECKS[DONE_MARKS], {})

    return _measured(look)


@contextmanager
def _suspects(unknown_seconds: float, patience_seconds: float) -> Iterator[int]:
    """A table `verify_suspect` of what was lost so long ago; gives the number of stray ids.

    What has just been popped is known to nobody: suspects are looked at until the reconciler
    must have rung for them.
    """
    with transaction.atomic():
        _temporary("verify_suspect", "id uuid, rung_at timestamptz")
        _temporary("verify_next_out", "queue text, priority int, id uuid")
        _temporary("verify_known", "id uuid")
        queues = _queues()
        lists = get_broker().next_out(queues).items()
        _load("verify_next_out", ("queue", "priority", "id"), [[(q, p, i) for (q, p), i in lists]])
        _load_known(queues)
        # Redis was read before the ledger: what is claimed meanwhile is queued no longer.
        _run(statement("verify_suspects"), {"unknown_seconds": unknown_seconds})
        [(strangers,)] = _rows(
            "SELECT count(*) FROM verify_known AS known WHERE NOT EXISTS "
            "(SELECT 1 FROM jobs_job WHERE id = known.id AND state = 'queued')"
        )
        deadline = time.monotonic() + patience_seconds
        while _any_suspects() and time.monotonic() < deadline:
            time.sleep(LOOK_AGAIN_SECONDS)
            _load_known(queues)
            _run(statement("verify_cleared_suspects"))
        yield strangers


@contextmanager
def _loaded_marks() -> Iterator[None]:
    with transaction.atomic():
        _temporary("verify_mark", "key text, job_id uuid")
        _load("verify_mark", ("key", "job_id"), islice(get_broker().done_marks(), MARK_SLICES))
        yield


def _load_known(queues: list[str]) -> None:
    slices = get_broker().waiting_messages(queues)
    _run("TRUNCATE verify_known")
    _load("verify_known", ("id",), ([(one.job_id,) for one in slice_] for slice_ in slices))


def _any_suspects() -> bool:
    return bool(_rows("SELECT 1 FROM verify_suspect LIMIT 1"))


def _queues() -> list[str]:
    """Those of the settings, and those that only old jobs still name."""
    named = Job.objects.queued().order_by().values_list("queue", flat=True).distinct()
    return list(dict.fromkeys([*jobs_conf().queues, *named]))


def _temporary(table: str, columns: str) -> None:
    """Goes with the transaction, so that it works behind a pooler, too."""
    _run(f"DROP TABLE IF EXISTS pg_temp.{table}")
    _run(f"CREATE TEMPORARY TABLE {table} ({columns}) ON COMMIT DROP")


def _load(table: str, columns: tuple[str, ...], slices: Iterable[list[tuple[Any, ...]]]) -> None:
    """Fills a temporary table slice by slice."""
    names = ", ".join(columns)
    for slice_ in slices:
        rows = [dict(zip(columns, map(_plain, row), strict=True)) for row in slice_]
        _run(
            f"INSERT INTO {table} ({names}) SELECT {names} "  # noqa: S608 - names of our own
            f"FROM jsonb_populate_recordset(NULL::{table}, %(rows)s::jsonb)",
            {"rows": json.dumps(rows)},
        )
    _run(f"ANALYZE {table}")


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _measured(look: Callable[[], Check]) -> Check:
    began = time.monotonic()
    check = look()
    return Check(
        check.name,
        check.promise,
        check.rows,
        check.violations,
        round(time.monotonic() - began, 3),
        check.examples,
        check.notes,
    )


def _run(sql: str, parameters: dict[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def _rows(sql: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
