"""Batches of the demonstration: most are completed, the last one still runs."""

from datetime import UTC, datetime
from uuid import UUID

from jobs.models import Batch
from jobs.services.demo.failures import mail
from jobs.services.demo.pen import Pen
from jobs.services.demo.rows import JobRow

# One job in this many of a batch was cancelled.
_CANCELLED_OF = 50
_NAMES = ("newsletter", "invoices", "price changes", "reminders")
_JOB_MS = 25


class BatchJobs:
    """Writes batches and their jobs. `made`: the batches, whose rows are inserted at the end."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        self.made: list[Batch] = []

    def write(self, ms: int, size: int) -> None:
        """Writes a batch of so many jobs that was made, and completed, at this moment."""
        batch = self._batch(ms, size)
        ended_ms = self._pen.not_after_now(ms + size * _JOB_MS)
        for number in range(size):
            is_cancelled = number % _CANCELLED_OF == _CANCELLED_OF - 1
            self._write_job(batch, ms, min(ended_ms, ms + number * _JOB_MS), is_cancelled)
        batch.closed_at, batch.completed_at = _moment(ms), _moment(ended_ms)

    def write_running(self, ms: int, size: int) -> None:
        """Writes a batch of which three of four jobs have ended; the others are queued."""
        batch = self._batch(ms, size)
        batch.closed_at = _moment(ms)
        queued = size // 4
        for number in range(size - queued):
            self._write_job(batch, ms, self._pen.not_after_now(ms + number * _JOB_MS), False)
        for _ in range(queued):
            self._pen.jobs.append(self._row(batch, ms, "queued"))

    def _batch(self, ms: int, size: int) -> Batch:
        pen = self._pen
        name = f"{_NAMES[len(self.made) % len(_NAMES)]} {_moment(ms):%Y-%m-%d}"
        client = Batch._meta.get_field("submitted_by").to_python(
            pen.clients.by_name["demo-newsletter"]
        )
        batch = Batch(
            id=UUID(pen.id(ms)),
            name=name,
            submitted_by_id=client,
            total=size,
            created_at=_moment(ms),
        )
        self.made.append(batch)
        return batch

    def _write_job(self, batch: Batch, ms: int, ended_ms: int, is_cancelled: bool) -> None:
        ended = self._pen.stamp(ended_ms)
        if is_cancelled:
            batch.cancelled += 1
            name = self._pen.clients.operator.name
            row = self._row(batch, ms, "cancelled")._replace(finished_at=ended, cancelled_by=name)
        else:
            batch.succeeded += 1
            row = self._row(batch, ms, "succeeded")._replace(
                attempt="1",
                worker_id=self._pen.workers[batch.succeeded % len(self._pen.workers)],
                claimed_at=ended,
                started_at=ended,
                finished_at=ended,
            )
        self._pen.jobs.append(row)

    def _row(self, batch: Batch, ms: int, state: str) -> JobRow:
        pen, n = self._pen, self._pen.number()
        job_id, created = pen.id(ms), pen.stamp(ms)
        return JobRow(
            job_id, "send_email", "emails", mail(n), job_id, str(batch.submitted_by_id), state,
            created, created, created, batch_id=str(batch.id), request_id=f"demo-{n}",
        )  # fmt: skip


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
