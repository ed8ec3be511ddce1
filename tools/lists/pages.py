"""The pages that are measured, by the code that serves them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction

from jobs.api.dead_letters.queries import DeadLetterQuery
from jobs.api.jobs.job_views import with_links
from jobs.api.jobs.queries import JobQuery
from jobs.api.shared.page_query import PageQuery
from jobs.api.shared.pages import page_of
from jobs.models import Job
from jobs.services.visibility import dead_letters_visible_to, jobs_visible_to
from tools.lists.fill import SCHEDULE

# Of each page the quickest of so many: what else the machine does makes it slower, never quicker.
RUNS = 5


@dataclass(frozen=True)
class Measured:
    """What PostgreSQL did for one page."""

    page: str
    milliseconds: float
    rows: int
    scans: str


def measured_pages(clients: dict[str, AbstractBaseUser], jobs: int) -> Iterator[Measured]:
    """Every page, first in the list and in its middle."""
    middle = Job.objects.order_by("id")[jobs // 2].created_at.isoformat()
    for name, query in _JOBS:
        rows = with_links(jobs_visible_to(clients[name]))
        yield _measured(f"/jobs?{_text(query)} for {name}", JobQuery, rows, query, clients[name])
    for query in ({}, {"state": "succeeded"}, {"type": "send_email"}, {"queue": "default"}):
        older = {**query, "created_before": middle}
        rows = with_links(jobs_visible_to(clients["staff"]))
        yield _measured(f"/jobs?{_text(older)} for staff", JobQuery, rows, older, clients["staff"])
    for name, query in _LETTERS:
        letters = dead_letters_visible_to(clients[name])
        page = f"/failedJobs?{_text(query)} for {name}"
        yield _measured(page, DeadLetterQuery, letters, query, clients[name])


_JOBS: list[tuple[str, dict[str, str]]] = [
    *((name, {}) for name in ("staff", "third", "most", "thirty")),
    *(
        ("staff", {"state": state})
        for state in ("queued", "running", "succeeded", "dead", "cancelled", "skipped", "expired")
    ),
    ("staff", {"state": "queued,running"}),
    ("staff", {"state": "dead,expired"}),
    ("staff", {"type": "send_email"}),
    ("staff", {"type": "send_welcome_email"}),
    ("staff", {"queue": "default"}),
    ("staff", {"queue": "emails"}),
    ("staff", {"queue": "bulk"}),
    ("staff", {"key": "key-5000"}),
    ("staff", {"schedule": str(SCHEDULE)}),
    ("staff", {"submitted_by": "thirty"}),
    ("third", {"state": "dead"}),
    ("third", {"state": "expired"}),
    ("third", {"queue": "emails"}),
]
_LETTERS: list[tuple[str, dict[str, str]]] = [
    ("staff", {}),
    ("third", {}),
    ("staff", {"resolution": "any"}),
    ("staff", {"resolution": "discarded"}),
    ("staff", {"fingerprint": "cfcd208495d565ef"}),
    ("staff", {"fingerprint": "0" * 16}),
    ("staff", {"type": "send_welcome_email"}),
]


def _text(query: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in query.items())


def _measured(
    page: str, query_class: type[PageQuery], rows: Any, query: dict[str, str], client: Any
) -> Measured:
    asked = query_class(data=query, context={"client": client})
    asked.is_valid(raise_exception=True)
    filtered = asked.filtered(rows)
    plans = [_explained(filtered) for _ in range(RUNS)]
    best = min(plans, key=lambda plan: float(plan["Execution Time"]))
    scans = sorted({_scan(node) for node in _nodes(best["Plan"]) if "Scan" in node["Node Type"]})
    milliseconds = float(best["Execution Time"]) + float(best["Planning Time"])
    return Measured(page, milliseconds, int(best["Plan"]["Actual Rows"]), ", ".join(scans))


def _explained(rows: Any) -> dict[str, Any]:
    """The plan of the one statement of a page."""
    plans: list[dict[str, Any]] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT"):
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
                [(answer,)] = cursor.fetchall()
            plans.append((json.loads(answer) if isinstance(answer, str) else answer)[0])
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(explain):
        page_of(rows, None, 50)
    [plan] = plans
    return plan


def _scan(node: dict[str, Any]) -> str:
    return str(node.get("Index Name") or f"{node['Node Type']} {node.get('Relation Name', '')}")


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)
