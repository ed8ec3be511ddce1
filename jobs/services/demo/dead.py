"""Jobs of the demonstration that died, with their dead letters."""

from jobs.core.attempt_error import error_summary
from jobs.core.effect_key import derived_effect_key
from jobs.core.fingerprint import error_fingerprint
from jobs.core.states import DeathReason, Resolution
from jobs.services.demo.attempts import as_column, recorded
from jobs.services.demo.failures import Failure
from jobs.services.demo.pen import Pen
from jobs.services.demo.rows import NULL, EventRow, JobRow, KeyRow, LetterRow, escaped

# The waits of the default policy, in milliseconds, and how long an attempt took.
_BACKOFF_MS = (1_000, 2_000, 4_000, 8_000)
_ATTEMPT_MS = 350
_HOUR_MS = 3_600_000
# Of so many dead letters of a kind whose time is over, people have decided about one.
_DECIDED_OF = 10


class DeadJobs:
    """Writes jobs that died, the dead letters, and what people decided about some of them."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen

    def write(self, ms: int, failure: Failure) -> None:
        """Writes the job that came in at this moment and died."""
        pen, n = self._pen, self._pen.number()
        message = failure.message(n)
        at = self._moments(ms, failure.attempts)
        errors = recorded(failure.error, message, failure.traceback, [pen.stamp(one) for one in at])
        decided = failure.resolved if n % _DECIDED_OF == 0 else None
        resolved_ms = pen.not_after_now(at[-1] + _HOUR_MS)
        is_replayed = decided is Resolution.REPLAYED
        job = self._job(
            ms, n, failure, at[-1], as_column(errors), resolved_ms if is_replayed else 0
        )
        pen.jobs.append(job)
        letter_id = pen.id(at[-1])
        operator, resolved = pen.clients.operator, pen.stamp(resolved_ms)
        pen.letters.append(
            LetterRow(
                letter_id, job.id, job.type, job.queue, job.payload, job.submitted_by_id,
                failure.reason.value, escaped(error_summary(errors)),
                error_fingerprint(job.type, errors[-1]), job.errors, str(failure.attempts),
                pen.stamp(at[-1]),
                *((decided.value, resolved, *operator) if decided else ()),
            )
        )  # fmt: skip
        if decided:
            pen.events.append(
                EventRow(
                    pen.id(resolved_ms), resolved, *operator, f"dead_letter.{decided.value}",
                    "dead_letter", letter_id, _REASONS[decided],
                    f'{{"resolution": "", "job": "{job.id}"}}',
                    f'{{"resolution": "{decided.value}", "job": "{job.id}"}}',
                )
            )  # fmt: skip

    def _job(
        self, ms: int, n: int, failure: Failure, died_ms: int, errors: str, replayed_ms: int
    ) -> JobRow:
        """The row; `replayed_ms`: when it succeeded after a replay, 0 if it is dead."""
        pen, job_id, created = self._pen, self._pen.id(ms), self._pen.stamp(ms)
        begun, attempts = pen.stamp(replayed_ms or died_ms - _ATTEMPT_MS), failure.attempts
        effect_key = job_id
        if failure.type == "send_welcome_email":
            effect_key = derived_effect_key(failure.type, f"new.user{n}@example.com")
            pen.keys.append(KeyRow(effect_key, job_id, created, NULL))
        crashed = failure.reason is DeathReason.CRASH_LOOP
        return JobRow(
            job_id, failure.type, failure.queue, failure.payload(n), effect_key,
            pen.clients.by_name[failure.client], "succeeded" if replayed_ms else "dead",
            created, created, created,
            max_retries="1" if attempts == 2 else "4",
            attempt=str(attempts + bool(replayed_ms)),
            failures="0" if replayed_ms else str(attempts),
            crashes=str(attempts) if crashed else "0",
            errors=errors,
            worker_id=pen.workers[n % len(pen.workers)],
            claimed_at=begun,
            started_at=NULL if failure.type == "http_request" else begun,
            finished_at=pen.stamp(replayed_ms or died_ms),
            request_id=f"demo-{n}",
        )  # fmt: skip

    def _moments(self, ms: int, attempts: int) -> list[int]:
        """When each attempt failed."""
        at = [ms + _ATTEMPT_MS]
        for wait in _BACKOFF_MS[: attempts - 1]:
            at.append(at[-1] + wait + _ATTEMPT_MS)
        return [self._pen.not_after_now(one) for one in at]


_REASONS = {
    Resolution.REPLAYED: "the mail server is back",
    Resolution.DISCARDED: "the address was mistyped",
}
