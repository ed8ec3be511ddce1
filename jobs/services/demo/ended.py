"""Jobs of the demonstration that have ended as most do, and how long they took."""

from collections import deque
from math import log

from jobs.core.effect_key import client_effect_key, derived_effect_key
from jobs.services.demo.attempts import plain_attempts
from jobs.services.demo.failures import call, mail, welcome
from jobs.services.demo.pen import Pen
from jobs.services.demo.rows import NULL, EventRow, JobRow, KeyRow, ResultRow

_RESULT_DAYS_MS = 14 * 86_400_000
# Of 1,024 jobs that ended without a dead letter.
_CANCELLED, _SKIPPED, _EXPIRED = 6, 14, 16
# Durations are drawn once, and each of them is used again and again.
_DRAWN = 4_096
_LONGEST_WAIT_MS, _LONGEST_RUN_MS = 90_000, 20_000


class EndedJobs:
    """Writes jobs that succeeded, and a few that were cancelled, skipped or expired."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        self._waits = self._drawn(8.0, 1.1, _LONGEST_WAIT_MS)
        self._runs = {
            "send_email": self._drawn(90.0, 0.7, _LONGEST_RUN_MS),
            "send_welcome_email": self._drawn(110.0, 0.6, _LONGEST_RUN_MS),
            "http_request": self._drawn(240.0, 1.0, _LONGEST_RUN_MS),
        }
        self._welcomed: deque[tuple[str, str, int]] = deque(maxlen=64)

    def write(self, ms: int, _: object) -> None:
        """Writes the job that came in at this moment."""
        pen = self._pen
        bits = pen.random.getrandbits(64)
        n, fate, client = pen.number(), bits & 1023, pen.clients.mixed[bits >> 10 & 63]
        if fate < _CANCELLED:
            self._write_cancelled(ms, n, client)
        elif fate < _SKIPPED and self._welcomed:
            self._write_skipped(ms, client)
        elif fate < _EXPIRED:
            self._write_expired(ms, n, client)
        else:
            self._write_succeeded(ms, n, client, bits >> 16)

    def _drawn(self, median_ms: float, sigma: float, longest: int) -> list[int]:
        draw = self._pen.random.lognormvariate
        return [min(longest, 1 + int(draw(log(median_ms), sigma))) for _ in range(_DRAWN)]

    def _write_succeeded(self, ms: int, n: int, client: str, bits: int) -> None:
        pen, kind = self._pen, bits & 31
        job_id, key = pen.id(ms), NULL
        effect_key, created = job_id, pen.stamp(ms)
        if kind < 13:
            job_type, queue, payload = "http_request", "default", call(n)
        elif kind < 15:
            job_type, queue, payload = "send_welcome_email", "emails", welcome(n)
            effect_key = derived_effect_key(job_type, f"new.user{n}@example.com")
            self._welcomed.append((effect_key, job_id, n))
        else:
            job_type, queue, payload = "send_email", "emails" if kind < 28 else "bulk", mail(n)
            if kind == 15:
                key = f"order-{n}"
                effect_key = client_effect_key(job_type, key, client)
        claimed_ms = pen.not_after_now(ms + self._waits[bits >> 5 & 4095])
        finished_ms = pen.not_after_now(claimed_ms + self._runs[job_type][bits >> 17 & 4095])
        claimed, finished = pen.stamp(claimed_ms), pen.stamp(finished_ms)
        worker = pen.workers[bits >> 29 & 7]
        attempt, errors = "1", "[]"
        if not bits >> 32 & 63:
            attempt, errors = "2", plain_attempts("TimeoutError", "timed out", [created])
        pen.jobs.append(
            JobRow(
                job_id, job_type, queue, payload, effect_key, client, "succeeded",
                created, created, created, attempt=attempt, errors=errors, worker_id=worker,
                claimed_at=claimed, started_at=NULL if kind < 13 else claimed,
                finished_at=finished, idempotency_key=key, request_id=f"demo-{n}",
            )
        )  # fmt: skip
        if effect_key is not job_id:
            pen.keys.append(KeyRow(effect_key, job_id, claimed, finished))
        if kind == 0 and pen.ends_ms - ms < _RESULT_DAYS_MS:
            pen.results.append(ResultRow(job_id, f'{{"status": 200, "json": {n}}}', finished))

    def _write_cancelled(self, ms: int, n: int, client: str) -> None:
        pen, job_id, created = self._pen, self._pen.id(ms), self._pen.stamp(ms)
        operator, ended_ms = pen.clients.operator, pen.not_after_now(ms + 40_000)
        ended = pen.stamp(ended_ms)
        pen.jobs.append(
            JobRow(
                job_id, "send_email", "bulk", mail(n), job_id, client, "cancelled",
                created, created, created, finished_at=ended, cancelled_by=operator.name,
            )
        )  # fmt: skip
        pen.events.append(
            EventRow(
                pen.id(ended_ms), ended, *operator, "job.cancelled", "job", job_id,
                "ordered twice", '{"state": "queued"}', '{"state": "cancelled"}',
            )
        )  # fmt: skip

    def _write_skipped(self, ms: int, client: str) -> None:
        pen, created = self._pen, self._pen.stamp(ms)
        effect_key, done_by, n = self._welcomed[-1]
        finished = pen.stamp(pen.not_after_now(ms + 12))
        pen.jobs.append(
            JobRow(
                pen.id(ms), "send_welcome_email", "emails", welcome(n), effect_key, client,
                "skipped", created, created, created, finished_at=finished, done_by_id=done_by,
            )
        )  # fmt: skip

    def _write_expired(self, ms: int, n: int, client: str) -> None:
        pen, job_id, created = self._pen, self._pen.id(ms), self._pen.stamp(ms)
        expires = pen.stamp(pen.not_after_now(ms + 60_000))
        pen.jobs.append(
            JobRow(
                job_id, "http_request", "default", call(n), job_id, client, "expired",
                created, created, created, finished_at=expires, expires_at=expires,
            )
        )  # fmt: skip
