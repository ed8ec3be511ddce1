"""Attempts end: their outcomes are written, fenced by worker and attempt."""

import json
from collections.abc import Sequence
from uuid import UUID

from jobs.core.attempt_error import RecordedError, error_summary
from jobs.core.claim import ClaimedJob
from jobs.core.fingerprint import error_fingerprint
from jobs.core.ids import uuid7s
from jobs.core.retry import Die, Requeue
from jobs.models.fence import BUCKET_BOUNDS, array, fence
from jobs.models.job_queryset import JobPart
from jobs.sql.prepared import run_prepared_search
from jobs.sql.statements import run


class JobOutcomes(JobPart):
    """The part of `Job.objects` that records."""

    def record_succeeded(self, claims: Sequence[ClaimedJob]) -> set[UUID]:
        """running -> succeeded, with the processed keys; returns the jobs that were written."""
        return {
            row[0]
            for row in run_prepared_search(
                "record_succeeded", **fence(claims), bounds=BUCKET_BOUNDS
            )
        }

    def record_requeued(
        self, moves: Sequence[tuple[ClaimedJob, Requeue, list[RecordedError]]]
    ) -> dict[UUID, tuple[str, float]]:
        """running -> queued, with what went wrong; returns what was written.

        That is, for each job, its new state and the seconds since its dispatch. A job that is asked
        to stop becomes `cancelled` instead.
        """
        rows = run_prepared_search(
            "record_requeued",
            **fence([claim for claim, _, _ in moves]),
            delays=array(str(move.delay_seconds) for _, move, _ in moves),
            **_counts([move for _, move, _ in moves]),
            errors=json.dumps([errors for _, _, errors in moves]),
        )
        return {job_id: (state, age_seconds) for job_id, state, age_seconds in rows}

    def record_dead(
        self, moves: Sequence[tuple[ClaimedJob, Die, list[RecordedError]]]
    ) -> set[UUID]:
        """running -> dead, with a dead letter; returns the jobs that were written."""
        rows = run_prepared_search(
            "record_dead",
            **fence([claim for claim, _, _ in moves]),
            **_counts([move for _, move, _ in moves]),
            errors=json.dumps([errors for _, _, errors in moves]),
            letter_ids=array(map(str, uuid7s(len(moves)))),
            reasons=array(move.reason.value for _, move, _ in moves),
            summaries=json.dumps([error_summary(errors) for _, _, errors in moves]),
            fingerprints=array(
                error_fingerprint(claim.type, errors[-1]) if errors else '""'
                for claim, _, errors in moves
            ),
            bounds=BUCKET_BOUNDS,
        )
        return {row[0] for row in rows}

    def record_cancelled(self, claims: Sequence[ClaimedJob]) -> set[UUID]:
        """running -> cancelled; returns the jobs that were written."""
        return {
            row[0]
            for row in run_prepared_search(
                "record_cancelled", **fence(claims), bounds=BUCKET_BOUNDS
            )
        }

    def record_late_success(self, claims: Sequence[ClaimedJob]) -> set[UUID]:
        """dead -> succeeded, for attempts that were given up as `interrupted`; returns the jobs.

        Nothing is written where a person has decided about the dead letter already.
        """
        of_attempt = fence(claims)
        del of_attempt["worker_ids"]
        return {row[0] for row in run("record_late_success", **of_attempt)}


def _counts(moves: Sequence[Requeue | Die]) -> dict[str, str]:
    return {
        "failures": array(str(move.failures) for move in moves),
        "crashes": array(str(move.crashes) for move in moves),
    }
