"""How PostgreSQL would run the hot statements on the tables as they are now."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from jobs.broker.keys import lists_of
from jobs.core.attempt_error import RecordedError
from jobs.core.claim import ClaimedJob
from jobs.core.conf import jobs_conf
from jobs.core.retry import Die, Requeue
from jobs.core.states import DeathReason
from jobs.models import Job
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.enqueue import JobRequest, jobs_enqueue
from jobs.services.workers import worker_register
from jobs.sql.statements import database_now
from tools.benchmark.job_names import EMPTY

BATCH = 200
BIG_TABLES = {"jobs_job", "jobs_processedkey"}


@dataclass(frozen=True)
class Plan:
    """What one statement does to find its rows."""

    verb: str
    scans: tuple[str, ...]
    sequential: bool

    def as_json(self) -> dict[str, Any]:
        return {"verb": self.verb, "scans": list(self.scans), "sequential": self.sequential}


def hot_plans() -> list[Plan]:
    """The plans of every statement on the hot path; whatever they change is rolled back."""
    found = [plan for verb, action in _verbs() for plan in _explain(verb, action)]
    return list(dict.fromkeys(found))  # verbs share statements


def _verbs() -> "Iterator[tuple[str, Callable[[], object]]]":
    worker_id = worker_register(name=None, queues=["default"], concurrency=1).id
    queued = list(Job.objects.queued().values_list("id", flat=True)[:BATCH])
    # As if Redis had lost all, and answered in a minute's time: the most there is to find.
    in_a_minute = database_now() + timedelta(minutes=1)
    emptied = dict.fromkeys(lists_of(jobs_conf().queues), (None, in_a_minute))
    errors: list[RecordedError] = [
        {"attempt": 1, "worker": "w", "at": "", "error": "E", "message": "m", "traceback": ""}
    ]
    requeue, die = Requeue(1.0, 1, 0), Die(DeathReason.EXHAUSTED, 1, 0)

    def claim() -> list[ClaimedJob]:
        return Job.objects.claim(worker_id, queued)

    yield "insert", lambda: jobs_enqueue(requests=[_request("new")])
    yield "insert, key taken", _enqueue_twice
    yield "claim", claim
    yield "record succeeded", lambda: Job.objects.record_succeeded(claim())
    yield (
        "record requeued",
        lambda: Job.objects.record_requeued([(one, requeue, errors) for one in claim()]),
    )
    yield "record dead", lambda: Job.objects.record_dead([(one, die, errors) for one in claim()])
    yield (
        "resolve key conflicts",
        lambda: jobs_resolve_key_conflicts(job_ids=queued, worker_id=worker_id),
    )
    yield (
        "redispatch lost",
        lambda: Job.objects.redispatch_lost(emptied, limit=1_000),
    )
    yield "next due", lambda: Job.objects.next_due(lists_of(["default"]), BATCH)


def _request(key: str) -> JobRequest:
    return JobRequest(type=EMPTY, payload={"number": 1}, idempotency_key=key)


def _enqueue_twice() -> None:
    jobs_enqueue(requests=[_request("twice")])
    jobs_enqueue(requests=[_request("twice")])


def _explain(verb: str, action: Callable[[], object]) -> list[Plan]:
    plans: list[dict[str, Any]] = []

    def explain_first(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith(("WITH", "UPDATE", "INSERT", "SELECT", "--")):
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                answer = cursor.fetchone()[0]
            plans.append((json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"])
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(explain_first):
        action()
        transaction.set_rollback(True)
    return [plan for plan in (_plan(verb, root) for root in plans) if plan.scans]


def _plan(verb: str, root: dict[str, Any]) -> Plan:
    scans = [
        (node["Node Type"], node.get("Relation Name", ""), node.get("Index Name", ""))
        for node in _nodes(root)
    ]
    big = [scan for scan in scans if scan[0].endswith("Scan") and scan[1] in BIG_TABLES]
    return Plan(
        verb=verb,
        scans=tuple(sorted({f"{kind} {index or table}" for kind, table, index in big})),
        sequential=any(kind == "Seq Scan" for kind, _, _ in big),
    )


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)
