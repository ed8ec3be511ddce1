"""Batches through every fault: counted right, each callback once, each end told once."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from tools.chaos.client import Client, Unanswered
from tools.chaos.companions.batch_findings import (
    BatchFindings,
    BatchRow,
    Calls,
    Member,
    judge_batches,
    line_about,
)
from tools.chaos.companions.companion import CompanionReport
from tools.chaos.companions.submitting import Submitting
from tools.chaos.gate import Backlog
from tools.chaos.job_rows import JobRows
from tools.chaos.world import World

WORK_SECONDS = 0.1
# In each of two slices of a batch.
SLICE = 4
# Of the jobs of batches, without callbacks and calls, so many are unfinished at a time.
BACKLOG = 16
# A batch is begun no sooner than so long after the last one: there is other work beside this.
EVERY_SECONDS = 0.5
# Every so many batches one is cancelled when it has been closed.
CANCEL_EVERY = 4

_COUNTS = ("succeeded", "skipped", "failed", "cancelled", "expired")
_BATCHES = """
    SELECT id::text, name, total, completed_at IS NOT NULL, succeeded, skipped, failed, cancelled,
        expired
    FROM jobs_batch WHERE id::text = ANY(%s)
"""
_MEMBERS = """
    SELECT batch_id::text, id::text, payload->>'effect', state, callback_url IS NOT NULL
    FROM jobs_job WHERE batch_id::text = ANY(%s)
"""
_CALLS = """
    SELECT given->'callback_of'->>'id', id::text
    FROM jobs_job WHERE given ? 'callback_of' AND submitted_by_id = %s
"""


class Batches(Submitting):
    """Makes, fills, closes and cancels batches, one after the other."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name, "batch")
        self._wanted: dict[str, int] = {}  # jobs, by the id of a closed batch

    def is_settled(self) -> bool:
        if self._is_anything_left():
            return False
        return all(row.is_completed for row in self._rows())

    def report(self) -> CompanionReport:
        effects = Counter(effect.name for effect in self._world.job_rows.inserted())
        found = judge_batches(self._rows(), self._wanted, effects, self._calls())
        broken = [f"batches: {count} {what}" for what, count in found.broken.items()]
        broken += [f"batches: no answer to {what}" for what in self._unanswered]
        if not found.batches:
            broken.append("batches: there was none")
        broken += [f"batches: an answer of 500: {what}" for what in self._client.server_errors[:3]]
        return CompanionReport("batches", line_about(found), _figures(found), broken)

    def _work(self) -> None:
        rows = JobRows(self._world.postgres.url)
        may_go_on = Backlog(rows, self._client_id, BACKLOG)
        made = 0
        while not self._stop.wait(EVERY_SECONDS):
            # Callbacks and calls that have ended only make it wait less.
            if not may_go_on(len(self._wanted) * 2 * SLICE):
                continue
            try:
                self._make(made)
            except Unanswered as error:
                self._unanswered.append(str(error))
            made += 1
        rows.close()

    def _make(self, number: int) -> None:
        """Each call may be repeated: jobs have keys, and closing again changes nothing."""
        name, call = f"{self._name}-{number}", self._client.call
        url = self._world.receiver.url
        callbacks = {
            f"on_{event}": _insert(f"{name}-{event}") for event in ("success", "completion")
        }
        batch = call("POST", "/batches", {"name": name, "callback_url": url, **callbacks})["id"]
        for part in range(2):
            effects = [f"{name}-{part}-{index}" for index in range(SLICE)]
            jobs = [{**_insert(effect), "idempotency_key": effect} for effect in effects]
            jobs[0]["callback_url"] = url
            call("POST", f"/batches/{batch}/jobs", {"jobs": jobs})
        call("POST", f"/batches/{batch}/close", {})
        self._wanted[batch] = 2 * SLICE
        if number % CANCEL_EVERY == CANCEL_EVERY - 1:
            _cancel(self._client, batch)

    def _rows(self) -> list[BatchRow]:
        ids, ask = list(self._wanted), self._world.job_rows.ask
        members: dict[str, list[Member]] = {}
        for batch_id, *member in ask(_MEMBERS, [ids]):
            members.setdefault(batch_id, []).append(Member(*member))
        return [
            BatchRow(
                batch_id,
                name,
                total,
                dict(zip(_COUNTS, counts, strict=True)),
                is_completed,
                members.get(batch_id, []),
            )
            for batch_id, name, total, is_completed, *counts in ask(_BATCHES, [ids])
        ]

    def _calls(self) -> Calls:
        made: dict[str, Collection[str]] = {}
        for about, call_id in self._world.job_rows.ask(_CALLS, [self._client_id]):
            made[about] = [*made.get(about, ()), call_id]
        return Calls(made, {call_id for call_id, _ in self._world.receiver.heard()})


def _insert(effect: str) -> dict[str, Any]:
    return {"type": "chaos.insert", "payload": {"effect": effect, "seconds": WORK_SECONDS}}


def _cancel(client: Client, batch: str) -> None:
    """All of its jobs may have ended already, which is a 409."""
    try:
        client.call("POST", f"/batches/{batch}/cancel", {"reason": "chaos"})
    except Unanswered as error:
        if " 409 " not in str(error):
            raise


def _figures(found: BatchFindings) -> dict[str, object]:
    return {
        "batches": found.batches,
        "cancelled": found.cancelled,
        "calls": found.calls,
        "broken": dict(found.broken),
    }
