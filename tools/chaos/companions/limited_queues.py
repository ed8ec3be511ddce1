"""Queues with limits through every fault: never one job too many, and no slot is leaked."""

from collections.abc import Collection, Iterator, Sequence
from itertools import count
from statistics import median
from typing import Any

from tools.chaos.companions.companion import CompanionReport
from tools.chaos.companions.limit_findings import (
    BUSY,
    QUIET,
    LimitedJob,
    explain,
    is_fair,
    judge_limits,
    line_about,
    waits_by_tenant,
)
from tools.chaos.effects import Effect
from tools.chaos.gate import Backlog
from tools.chaos.job_rows import JobRows
from tools.chaos.judge import Evidence, judge
from tools.chaos.limits import FAIR, KEY_LIMIT, KEYED_TYPE, LIMITED, QUEUE_LIMITS
from tools.chaos.load import Load, once
from tools.chaos.plan import Planned
from tools.chaos.spans import Lease, Span, read_spans
from tools.chaos.world import World

WORK_SECONDS = 0.5
CLIENTS = 2
# Jobs of each queue that are unfinished at a time: more than its limit, so that it is always full.
BACKLOG = 16
_LEASES = """
    SELECT id::text, attempt, errors, claimed_at, finished_at, queue, type, payload->>'key',
        fairness_key, created_at
    FROM jobs_job WHERE id::text = ANY(%s)
"""
_LEAKED = """
    SELECT count(*) FROM jobs_slot AS slot
    LEFT JOIN jobs_job AS job ON job.id = slot.job_id
    WHERE job.id IS NULL OR job.state NOT IN ('queued', 'running')
"""


class LimitedQueues:
    """Keeps a queue with a limit, two keys of one each, and a fair queue full."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self._gates: list[JobRows] = []
        self._loads: dict[int, Load] = {}  # by the id of the client

    def begin(self) -> None:
        for queue, plan in (
            (LIMITED, limited_jobs(self._name)),
            (FAIR, fair_jobs(self._name)),
        ):
            client = self._world.client()
            client.sign_up(f"{self._name}-{queue}")
            client_id = self._world.job_rows.client_id(f"{self._name}-{queue}")
            rows = JobRows(self._world.postgres.url)
            self._gates.append(rows)
            load = Load(client, plan, Backlog(rows, client_id, BACKLOG), once, clients=CLIENTS)
            self._loads[client_id] = load
            load.start()

    def stop(self) -> None:
        for load in self._loads.values():
            load.stop()
        for rows in self._gates:
            rows.close()

    def is_settled(self) -> bool:
        rows = self._world.job_rows
        progress = [rows.progress(client_id) for client_id in self._loads]
        if any(one.queued + one.running for one in progress):
            return False
        return self._leaked() == 0

    def report(self) -> CompanionReport:
        spans = read_spans(self._world.spans_file, f"{self._name}-")
        jobs = self._jobs({span.job_id for span in spans})
        found, leaked = judge_limits(spans, jobs), self._leaked()
        waits = waits_by_tenant(spans, jobs)
        broken = [*self._judge_jobs(spans), *explain(found)]
        if leaked:
            broken.append(f"limits: {leaked} slots are leaked")
        if not is_fair(waits):
            broken.append("limits: the quiet tenant of the fair queue waited longest")
        figures = {
            "attempts": found.attempts,
            "gone": found.gone,
            "without_lease": found.without_lease,
            "most_at_once": found.most,
            "allowed": found.allowed,
            "leaked_slots": leaked,
            "median_wait_seconds": {name: round(median(one), 3) for name, one in waits.items()},
        }
        return CompanionReport("limits", line_about(found, leaked, waits), figures, broken)

    def _judge_jobs(self, spans: Sequence[Span]) -> list[str]:
        effects = [Effect(span.name, span.job_id, span.began_at, "span") for span in spans]
        broken = []
        for client_id, load in self._loads.items():
            rows = self._world.job_rows.jobs(client_id)
            findings = judge(Evidence(load.planned, load.accepted, rows, effects, unknown=()))
            broken += [f"limits: {what}" for what in findings.broken]
            broken += [f"limits: no answer to {what}" for what in load.unanswered]
        return broken

    def _jobs(self, ids: Collection[str]) -> dict[str, LimitedJob]:
        rows = self._world.job_rows.ask(_LEASES, [list(ids)])
        return {
            job_id: LimitedJob(
                Lease(*lease), _limits(queue, job_type, key), tenant, created_at.timestamp()
            )
            for job_id, *lease, queue, job_type, key, tenant, created_at in rows
        }

    def _leaked(self) -> int:
        return int(self._world.job_rows.ask(_LEAKED)[0][0])


def limited_jobs(run: str) -> Iterator[Planned]:
    """Jobs of the limited queue without end; every second one also has a key, of two."""
    for number in count():
        name = f"{run}-limited-{number}"
        payload = {"effect": name, "seconds": WORK_SECONDS}
        if number % 2:
            key = f"{run}-key-{number // 2 % 2}"
            yield _planned(name, KEYED_TYPE, {**payload, "key": key}, queue=LIMITED)
        else:
            yield _planned(name, "chaos.span", payload, queue=LIMITED)


def fair_jobs(run: str) -> Iterator[Planned]:
    """Jobs of the fair queue without end, most of them of one tenant."""
    for number in count():
        name, tenant = f"{run}-fair-{number}", QUIET if number % 5 == 4 else BUSY
        payload = {"effect": name, "seconds": WORK_SECONDS}
        yield _planned(name, "chaos.span", payload, queue=FAIR, fairness_key=tenant)


def _planned(name: str, job_type: str, payload: dict[str, Any], **options: str) -> Planned:
    return Planned(name, job_type, name, payload, options=options)


def _limits(queue: str, job_type: str, key: str | None) -> dict[str, int]:
    of_queue = {f"queue:{queue}": QUEUE_LIMITS[queue]} if queue in QUEUE_LIMITS else {}
    of_key = {f"key:{job_type}:{key}": KEY_LIMIT} if job_type == KEYED_TYPE else {}
    return of_queue | of_key
