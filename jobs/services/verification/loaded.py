"""Temporary tables of what Redis holds, for statements that compare it with the rows."""

import json
import math
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from jobs.broker import get_broker
from jobs.core.conf import jobs_conf
from jobs.models import Job
from jobs.sql.statements import execute


def create_known() -> None:
    create_temporary("verify_known", "id uuid, queue text, priority int")


def load_known(queues: list[str], *, due_within_seconds: float = math.inf) -> None:
    slices = get_broker().waiting_messages(queues, due_within_seconds=due_within_seconds)
    execute("TRUNCATE verify_known")
    load(
        "verify_known",
        ("id", "queue", "priority"),
        ([(one.job_id, one.queue, one.priority) for one in slice_] for slice_ in slices),
    )


def queues_in_use() -> list[str]:
    """The queues of the settings, and those that only queued jobs still name."""
    named = Job.objects.all_queued().order_by().values_list("queue", flat=True).distinct()
    return list(dict.fromkeys([*jobs_conf().queues, *named]))


def create_temporary(table: str, columns: str) -> None:
    """Makes a temporary table that is dropped with the transaction: it works behind a pooler."""
    execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
    execute(f"CREATE TEMPORARY TABLE {table} ({columns}) ON COMMIT DROP")


def load(table: str, columns: tuple[str, ...], slices: Iterable[list[tuple[Any, ...]]]) -> None:
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
