"""One of the two servers goes back to an earlier moment; nothing else may be lost or left over."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from io import StringIO
from typing import Any, NamedTuple

from django.core.management import call_command
from django.db import connection

from jobs.core.states import JobState
from jobs.models import Job
from jobs.services.batches.public import batch
from jobs.services.cancel import job_cancel
from jobs.services.enqueue.public import enqueue_many
from jobs.services.enqueue.request import JobRequest
from jobs.services.queues import queue_pause, queue_resume
from jobs.sql.statements import database_now
from tools.child import Child
from tools.errors import ToolError
from tools.servers.archived_postgres import ArchivedPostgres
from tools.servers.saved_valkey import SavedValkey
from tools.waiting import wait_until

PAUSED = "bulk"
_DRAIN_SECONDS = 120.0


class Found(NamedTuple):
    """What a rehearsal has found. `again`: how many effects happened twice; `said`: what the repair
    said of that; `problems`: what should not be."""

    again: int
    said: list[str]
    problems: list[str]


class Rehearsal:
    """`size` jobs of each kind: done, waiting, and accepted afterwards."""

    def __init__(
        self,
        postgres: ArchivedPostgres,
        valkey: SavedValkey,
        start_worker: Callable[[], Child],
        effects: Callable[[], Mapping[str, int]],
        job: Callable[[str], tuple[str, dict[str, Any]]],
        size: int,
    ) -> None:
        """`effects`: how often each has happened. `job`: type and payload for the effect."""
        self._postgres = postgres
        self._valkey = valkey
        self._start_worker = start_worker
        self._effects = effects
        self._job = job
        self._size = size

    def postgresql_goes_back(self) -> Found:
        """To a moment at which a part of the jobs waited that then ran, one batch among them.

        Another batch was accepted and completed after that moment.
        """
        self._postgres.back_up()
        self._accept("done")
        self._drain()
        self._accept("waiting")
        self._accept_batch("batch")
        moment = database_now()
        self._accept("later")
        self._accept_batch("later batch")
        self._accept("lost", delay_seconds=3_600.0)
        self._drain()
        before = Counter(self._effects())
        connection.close()
        self._postgres.restore_to(moment)
        said = self._repair()
        self._drain()
        again = Counter(self._effects()) - before
        expected = Counter([*self._names("waiting"), *self._names("batch"), _told("batch")])
        return Found(again.total(), said, [*_differences(again, expected), *self._left_over()])

    def redis_goes_back(self) -> Found:
        """To a moment at which jobs waited that are done, and did not know those that wait now."""
        queue_pause(name=PAUSED)
        self._accept("old")
        self._accept("old paused", queue=PAUSED)
        self._valkey.save()
        self._drain(but=PAUSED)
        for job_id in Job.objects.queued().filter(queue=PAUSED).values_list("id", flat=True):
            job_cancel(job_id=job_id)
        self._accept("new")
        self._accept("new paused", queue=PAUSED)
        before = Counter(self._effects())
        self._valkey.go_back()
        said = self._repair()
        queue_resume(name=PAUSED)
        self._drain()
        added = Counter(self._effects()) - before
        expected = Counter([*self._names("new"), *self._names("new paused")])
        again = (added - expected).total()
        return Found(again, said, [*_differences(added, expected), *self._left_over()])

    def _names(self, kind: str) -> list[str]:
        return [f"{kind.replace(' ', '-')}-{number}" for number in range(self._size)]

    def _accept(self, kind: str, **options: Any) -> None:
        """Every second one has an idempotency key, so that Redis remembers what became of it."""
        requests = []
        for number, name in enumerate(self._names(kind)):
            job_type, payload = self._job(name)
            key = name if number % 2 else None
            requests.append(JobRequest(job_type, payload, idempotency_key=key, **options))
        enqueue_many(requests)

    def _accept_batch(self, kind: str) -> None:
        """A batch with a job that follows once all have succeeded."""
        requests = [JobRequest(*self._job(name)) for name in self._names(kind)]
        batch(requests, on_success=JobRequest(*self._job(_told(kind))))

    def _drain(self, but: str = "") -> None:
        """Has a worker run what is due."""
        worker = self._start_worker()

        def done() -> bool:
            worker.check()
            active = Job.objects.filter(state__in=(JobState.QUEUED, JobState.RUNNING))
            return not active.exclude(queue=but).filter(run_at__lte=database_now()).exists()

        try:
            wait_until(done, _DRAIN_SECONDS, "the jobs are not done", 0.1)
        finally:
            worker.stop()

    def _repair(self) -> list[str]:
        """What `verify_jobs --repair` says of it; raises ToolError if it is not clean."""
        with closing(StringIO()) as output:
            try:
                call_command("verify_jobs", "--repair", "--json", stdout=output)
            except SystemExit as end:
                raise ToolError(f"after the repair: {output.getvalue()}") from end
            said: list[str] = json.loads(output.getvalue())["may_happen_again"]
        return said

    def _left_over(self) -> list[str]:
        with closing(StringIO()) as output:
            try:
                call_command("verify_jobs", stdout=output)
            except SystemExit:
                return [output.getvalue()]
        return []


def _told(kind: str) -> str:
    """The effect of the job that follows a batch."""
    return f"{kind.replace(' ', '-')}-succeeded"


def _differences(found: Counter[str], expected: Counter[str]) -> list[str]:
    missing, surplus = expected - found, found - expected
    return [
        *(f"{name} did not happen" for name in sorted(missing)),
        *(f"{name} happened {count} times too often" for name, count in sorted(surplus.items())),
    ]
