"""Jobs of the demonstration that have not ended: they run, wait, are delayed, retried, or held."""

from collections.abc import Sequence
from typing import NamedTuple

from jobs.core.limit import LimitRule
from jobs.models import Limit
from jobs.services.demo.attempts import as_column, recorded
from jobs.services.demo.calendar import HOUR_MS
from jobs.services.demo.failures import call, mail
from jobs.services.demo.pen import Pen
from jobs.services.demo.rows import JobRow
from jobs.services.limits.change import limit_set

LIMIT = "queue:bulk"
MAX_CONCURRENCY = 8
_HELD = f'["{LIMIT}"]'
_RUNNING_MAX = 60
_READY_MS = 600_000
_DELAYED_HOURS = 72


class OpenCounts(NamedTuple):
    """How many jobs have not ended, for a month of so many."""

    ready: int
    delayed: int
    retried: int
    held: int
    running: int

    @classmethod
    def of(cls, jobs: int) -> "OpenCounts":
        return cls(
            ready=jobs // 500,
            delayed=jobs // 1_000,
            retried=jobs // 5_000,
            held=jobs // 1_000,
            running=min(_RUNNING_MAX, jobs // 400),
        )


def limit_make(pen: Pen) -> None:
    """Sets the limit that the held jobs wait at, unless there is one."""
    if not Limit.objects.filter(name=LIMIT).exists():
        limit_set(
            name=LIMIT,
            rule=LimitRule(MAX_CONCURRENCY),
            actor=pen.clients.operator,
            reason="the mail server takes no more",
        )


class OpenJobs:
    """Writes jobs that have not ended. `admitted`: ids of those that run under the limit.

    What waits is mail, which the mail sink of a checkout takes; calls lie hours ahead.
    """

    def __init__(self, pen: Pen, live_workers: Sequence[str]) -> None:
        self._pen = pen
        self._live = live_workers
        self.admitted: list[str] = []

    def write(self, counts: OpenCounts) -> None:
        """Writes all of them, in the order in which they came in."""
        begins_ms = self._pen.ends_ms - _READY_MS
        for number in range(counts.retried):
            self._write_retried(begins_ms, number)
        for number in range(counts.delayed):
            self._write_delayed(begins_ms, number, counts.delayed)
        for number in range(counts.held):
            self._write_waiting(begins_ms + number, "bulk", "5", _HELD, LIMIT)
        for number in range(counts.ready):
            ms = begins_ms + number * (_READY_MS - 10_000) // counts.ready
            self._write_waiting(ms, "emails", "9" if number % 20 == 0 else "5")
        for number in range(counts.running):
            self._write_running(number)

    def _row(self, ms: int, queue: str, job_type: str = "send_email") -> JobRow:
        pen, n = self._pen, self._pen.number()
        job_id, created = pen.id(ms), pen.stamp(ms)
        return JobRow(
            job_id, job_type, queue, mail(n) if job_type == "send_email" else call(n), job_id,
            pen.clients.mixed[n % len(pen.clients.mixed)], "queued", created, created, created,
            request_id=f"demo-{n}",
        )  # fmt: skip

    def _write_waiting(
        self, ms: int, queue: str, priority: str, limits: str | None = None, held_by: str = ""
    ) -> None:
        row = self._row(ms, queue)._replace(priority=priority)
        if limits is not None:
            row = row._replace(limits=limits, held_by=held_by)
        self._pen.jobs.append(row)

    def _write_delayed(self, ms: int, number: int, of: int) -> None:
        job_type = "send_email" if number % 2 else "http_request"
        due_ms = self._pen.ends_ms + HOUR_MS + number * _DELAYED_HOURS * HOUR_MS // of
        self._write_due(self._row(ms, "emails" if number % 2 else "default", job_type), due_ms)

    def _write_retried(self, ms: int, number: int) -> None:
        failed = self._pen.stamp(ms + 5_000)
        errors = as_column(recorded("TimeoutError", "timed out", "", [failed]))
        row = self._row(ms, "emails")._replace(attempt="1", failures="1", errors=errors)
        self._write_due(row, self._pen.ends_ms + 30_000 + number * 1_000)

    def _write_due(self, row: JobRow, due_ms: int) -> None:
        due = self._pen.stamp(due_ms)
        self._pen.jobs.append(row._replace(run_at=due, dispatched_at=due))

    def _write_running(self, number: int) -> None:
        ms = self._pen.ends_ms - 20_000 + number * 100
        is_limited = number < MAX_CONCURRENCY
        job_type = "send_email" if is_limited else "http_request"
        row = self._row(ms, "bulk" if is_limited else "default", job_type)
        claimed = self._pen.stamp(ms + 50)
        row = row._replace(
            state="running",
            attempt="1",
            worker_id=self._live[number % len(self._live)],
            claimed_at=claimed,
        )
        if is_limited:
            row = row._replace(limits=_HELD)
            self.admitted.append(row.id)
        self._pen.jobs.append(row)
