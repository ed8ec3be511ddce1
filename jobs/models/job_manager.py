"""The hot statements on jobs: each has its file in `jobs/sql`."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db import models, transaction
from django.db.models import Value

from jobs.core.attempt_error import RecordedError, error_summary
from jobs.core.claim import Claimant, ClaimedJob, Claims, Start
from jobs.core.conf import PRIORITY_MAX, PRIORITY_MIN
from jobs.core.fingerprint import error_fingerprint
from jobs.core.histogram import BOUNDS
from jobs.core.ids import uuid7s
from jobs.core.message import QueueMessage
from jobs.core.new_job import Inserted, NewJob
from jobs.core.retry import Die, Requeue
from jobs.core.states import JobState
from jobs.models.job_queryset import JobQuerySet
from jobs.sql.contention import repeats_conflicts
from jobs.sql.prepared import run_prepared, run_prepared_search
from jobs.sql.statements import run, run_copy

if TYPE_CHECKING:
    from jobs.models.job import Job  # noqa: F401 - in a base class

CLAIMED_FIELDS = (
    "id",
    "type",
    "queue",
    "priority",
    "payload",
    "effect_key",
    "attempt",
    "failures",
    "crashes",
    "max_retries",
    "worker_id",
    "limits",
    "request_id",
    "traceparent",
    "batch_id",
    "given",
)
# The same fields for what needs no payload. Hundreds of payloads may be a hundred megabytes.
CLAIMED_FIELDS_WITHOUT_PAYLOAD = tuple(
    Value({}, models.JSONField()) if name == "payload" else name for name in CLAIMED_FIELDS
)
# After this much payload a claim is full. While it is read a claim takes three times as much: 500
# payloads of 250 KB took 391 MB. Thirty of the largest that are allowed by default still fit.
CLAIM_PAYLOAD_BYTES = 8 * 1024 * 1024
# Below 50 rows, INSERT ... RETURNING beats COPY and returns the timestamps.
COPY_FROM = 50
# PostgreSQL inserts a piece while the next is made: for 1,000 jobs a tenth of the time.
COPY_PIECE = 200
_PAYLOAD = CLAIMED_FIELDS.index("payload")
_BOUNDS = f"{{{','.join(map(str, BOUNDS))}}}"


class HandedOver(NamedTuple):
    """What `JobManager.hand_over` has written.

    `written`: jobs that have succeeded. `claims`: of the jobs that got their slots. `admitted`:
    those of them that were not claimed, and are to be dispatched.
    """

    written: set[UUID]
    claims: list[ClaimedJob]
    admitted: list[QueueMessage]


_Filters = models.Manager.from_queryset(JobQuerySet)


class JobManager(_Filters["Job"]):
    """Jobs. The hot methods make no queryset: that would take as long as the rest of a claim."""

    def insert_one(self, new: NewJob) -> Inserted | None:
        """Inserts a job; returns None if its idempotency key is taken.

        `insert` would do the same for a list of one; the difference is in `insert_job.sql`.
        """
        [job_id] = uuid7s(1)
        message = new.message(job_id, str(job_id))
        values: dict[str, Any] = {
            "id": job_id,
            "type": new.type,
            "queue": new.queue,
            "priority": new.priority,
            "payload": new.payload_json,
            "effect_key": message.effect_key,
            "submitted_by_id": new.submitted_by_id,
            "max_retries": new.max_retries,
            "run_at": new.run_at,
            "delay": float(new.delay_seconds),  # always the same type, so that one plan is kept
            "expires_at": new.expires_at,
            "expires_in": new.expires_in_seconds,
            "request_id": new.request_id,
            "traceparent": new.traceparent,
        }
        if new.idempotency_key is None:
            [moments] = run_prepared("insert_job", **values)
            return Inserted(message, *moments)
        rows = run_prepared(
            "insert_keyed_job",
            **values,
            idempotency_key=new.idempotency_key,
            former_effect_key=new.former_effect_key,
        )
        return _inserted(message, *rows[0]) if rows else None

    def insert(self, new_jobs: Sequence[NewJob]) -> Sequence[Inserted | None]:
        """Inserts jobs in one statement; returns what became of each, in their order.

        None stands for a job whose idempotency key is taken.
        """
        if len(new_jobs) >= COPY_FROM and all(new.is_plain for new in new_jobs):
            return self._copy(new_jobs)
        texts, messages = _named(new_jobs)
        values = {
            "ids": json.dumps(texts),
            "types": json.dumps([new.type for new in new_jobs]),
            "queues": json.dumps([new.queue for new in new_jobs]),
            "priorities": json.dumps([new.priority for new in new_jobs]),
            "payloads": f"[{','.join([new.payload_json for new in new_jobs])}]",
            "effect_keys": json.dumps([message.effect_key for message in messages]),
            "submitted_by_ids": json.dumps([new.submitted_by_id for new in new_jobs]),
            "max_retries": json.dumps([new.max_retries for new in new_jobs]),
            "run_ats": json.dumps([new.run_at and new.run_at.isoformat() for new in new_jobs]),
            "delays": json.dumps([new.delay_seconds for new in new_jobs]),
            "expires_ats": json.dumps(
                [new.expires_at and new.expires_at.isoformat() for new in new_jobs]
            ),
            "expires_ins": json.dumps([new.expires_in_seconds for new in new_jobs]),
            "request_ids": json.dumps([new.request_id for new in new_jobs]),
            "traceparents": json.dumps([new.traceparent for new in new_jobs]),
        }
        if all(new.idempotency_key is None for new in new_jobs):
            rows = run_prepared("insert_jobs", **values)
            moments = {text: (created, due) for text, created, due in rows}
            return [
                Inserted(message, *moments[text])
                for text, message in zip(texts, messages, strict=True)
            ]
        rows = run_prepared(
            "insert_keyed_jobs",
            **values,
            idempotency_keys=json.dumps([new.idempotency_key for new in new_jobs]),
            former_effect_keys=json.dumps([new.former_effect_key for new in new_jobs]),
        )
        made = {text: row for text, *row in rows}
        return [
            _inserted(message, *made[text]) if text in made else None
            for text, message in zip(texts, messages, strict=True)
        ]

    @repeats_conflicts
    def _copy(self, new_jobs: Sequence[NewJob]) -> list[Inserted]:
        messages: list[QueueMessage] = []

        def pieces() -> Iterator[str]:
            for first in range(0, len(new_jobs), COPY_PIECE):
                piece = new_jobs[first : first + COPY_PIECE]
                texts, named = _named(piece)
                messages.extend(named)
                yield "".join(map(NewJob.as_line, piece, texts, [one.effect_key for one in named]))

        with transaction.atomic(savepoint=False):  # if either statement fails, nothing is inserted
            run_copy("copy_jobs", pieces())
            # All rows of one statement have the same moments.
            moments = self.values_list("created_at", "run_at")
            created_at, run_at = moments.get(id=messages[0].job_id)
        created, due = created_at.timestamp(), run_at.timestamp()
        return [Inserted(message, created, due) for message in messages]

    def claim(self, worker_id: UUID, job_ids: Iterable[UUID]) -> Claims:
        """queued -> running for those of these jobs that may start now; returns their claims.

        Jobs at the end are left alone once the payloads before them have CLAIM_PAYLOAD_BYTES.
        """
        rows = run_prepared_search(
            "claim_jobs",
            worker_id=worker_id,
            ids=_array(map(str, job_ids)),
            payload_bytes=CLAIM_PAYLOAD_BYTES,
        )
        return _claimed(rows)

    def record_starts(self, starts: Sequence[Start]) -> set[UUID]:
        """Writes what has begun; returns the jobs that were written.

        Missing are attempts that were taken away, and those whose row is locked: see `still_held`.
        """
        rows = run_prepared_search(
            "record_starts",
            **_fence([start.claim for start in starts]),
            effect_begins=_array("t" if start.effect_begins else "f" for start in starts),
            crashes=_array(str(start.crashes) for start in starts),
        )
        return {row[0] for row in rows}

    def still_held(self, claims: Iterable[ClaimedJob]) -> set[UUID]:
        """Those of these jobs whose attempt was not taken away."""
        return {claim.id for claim in claims if self._held(claim).exists()}

    def _held(self, claim: ClaimedJob) -> JobQuerySet:
        return self.running().filter(id=claim.id, worker_id=claim.worker_id, attempt=claim.attempt)

    def record_succeeded(self, claims: Sequence[ClaimedJob]) -> set[UUID]:
        """running -> succeeded, with the processed keys; returns the jobs that were written."""
        return {
            row[0]
            for row in run_prepared_search("record_succeeded", **_fence(claims), bounds=_BOUNDS)
        }

    def hand_over(
        self,
        claims: Sequence[ClaimedJob],
        limit_names: Sequence[str],
        claimant: Claimant | None,
    ) -> HandedOver:
        """running -> succeeded, and the slots go to the next jobs, where that can be done at once.

        `limit_names`: the one limit of each of these claims.
        """
        rows = run_prepared_search(
            "hand_over_slots",
            **_fence(claims),
            limit_names=list(limit_names),
            worker_id=claimant and claimant.worker_id,
            queues=list(claimant.queues) if claimant else [],
            most=claimant.most if claimant else 0,
            bounds=_BOUNDS,
        )
        written, claimed, admitted = set(), [], []
        for *job, is_claimed in rows:
            if is_claimed is None:
                written.add(job[0])
            elif is_claimed:
                claimed.append((*job, None))
            else:
                one = ClaimedJob(*job)
                admitted.append(one.message)
        return HandedOver(written, _claimed(claimed), admitted)

    def record_requeued(
        self, moves: Sequence[tuple[ClaimedJob, Requeue, list[RecordedError]]]
    ) -> dict[UUID, tuple[str, float]]:
        """running -> queued, with what went wrong; returns what was written.

        That is, for each job, its new state and the seconds since its dispatch. A job that is asked
        to stop becomes `cancelled` instead.
        """
        rows = run_prepared_search(
            "record_requeued",
            **_fence([claim for claim, _, _ in moves]),
            delays=_array(str(move.delay_seconds) for _, move, _ in moves),
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
            **_fence([claim for claim, _, _ in moves]),
            **_counts([move for _, move, _ in moves]),
            errors=json.dumps([errors for _, _, errors in moves]),
            letter_ids=_array(map(str, uuid7s(len(moves)))),
            reasons=_array(move.reason.value for _, move, _ in moves),
            summaries=json.dumps([error_summary(errors) for _, _, errors in moves]),
            fingerprints=_array(
                error_fingerprint(claim.type, errors[-1]) if errors else '""'
                for claim, _, errors in moves
            ),
            bounds=_BOUNDS,
        )
        return {row[0] for row in rows}

    def cancel_requested(self, worker_id: UUID, job_ids: Collection[UUID]) -> set[UUID]:
        """Those of these jobs that the worker runs and that are asked to stop.

        By primary key. The index of what a worker runs also leads to what it has run, for as long
        as a transaction keeps dead tuples: with 300,000 of them it took 440 ms, each second.
        """
        held = self.filter(id__in=job_ids, worker_id=worker_id)
        asked = held.filter(cancel_requested_at__isnull=False).values_list("id", "state")
        return {job_id for job_id, state in asked if state == JobState.RUNNING}

    def record_cancelled(self, claims: Sequence[ClaimedJob]) -> set[UUID]:
        """running -> cancelled; returns the jobs that were written."""
        return {
            row[0]
            for row in run_prepared_search("record_cancelled", **_fence(claims), bounds=_BOUNDS)
        }

    def record_late_success(self, claims: Sequence[ClaimedJob]) -> set[UUID]:
        """dead -> succeeded, for attempts that were given up as `interrupted`; returns the jobs.

        Nothing is written where a person has decided about the dead letter already.
        """
        fence = _fence(claims)
        del fence["worker_ids"]
        return {row[0] for row in run("record_late_success", **fence)}

    def redispatch_lost(
        self,
        lists: Mapping[tuple[str, int], tuple[datetime | None, datetime]],
        limit: int,
    ) -> list[QueueMessage]:
        """Dates the dispatch of queued jobs anew that must be missing from their lists.

        Returns what to dispatch, at most `limit` jobs a list. `lists`: for each queue and priority
        the moment since which, and the one before which a job that is missing was dispatched;
        without the first it was dispatched at any time before the second.
        """
        rows = run(
            "redispatch_lost",
            queues=[queue for queue, _ in lists],
            priorities=[priority for _, priority in lists],
            dispatched_since=[
                since.isoformat() if since else "-infinity" for since, _ in lists.values()
            ],
            dispatched_before=[before for _, before in lists.values()],
            limit=limit,
        )
        # By list, and within a list by id: ids sort by the time of their making.
        return [QueueMessage(*row) for row in sorted(rows, key=lambda row: (row[2:], row[0]))]

    def next_due(self, lists: Sequence[tuple[str, int]], limit: int) -> list[QueueMessage]:
        """Up to `limit` jobs of these lists (queue, priority) that are due, in the order of the
        lists, and then those first that have waited longest.

        For workers while Redis is away.
        """
        rows = run(
            "next_due",
            queues=[queue for queue, _ in lists],
            priorities=[priority for _, priority in lists],
            limit=limit,
        )
        return [QueueMessage(*row) for row in rows]

    def queue_depths(
        self, queues: Sequence[str], limit: int
    ) -> dict[str, tuple[int, int, float | None]]:
        """For each queue: how many jobs are ready, how many are delayed, and for how many seconds
        the head of its lists has been ready, None if nothing is. Counts no further than `limit`.
        """
        rows = run(
            "queue_depths",
            queues=list(queues),
            most_urgent=PRIORITY_MAX,
            least_urgent=PRIORITY_MIN,
            limit=limit,
        )
        return {queue: (ready, delayed, seconds) for queue, ready, delayed, seconds in rows}


def _named(new_jobs: Sequence[NewJob]) -> tuple[list[str], list[QueueMessage]]:
    """New ids as texts, and what is to be dispatched."""
    ids = uuid7s(len(new_jobs))
    texts = [str(job_id) for job_id in ids]
    named = zip(new_jobs, ids, texts, strict=True)
    return texts, [new.message(job_id, text) for new, job_id, text in named]


def _inserted(message: QueueMessage, effect_key: str, created_at: float, run_at: float) -> Inserted:
    """A row whose effect key PostgreSQL may have chosen."""
    return Inserted(message._replace(effect_key=effect_key), created_at, run_at)


def _fence(claims: Sequence[ClaimedJob]) -> dict[str, Any]:
    workers = {claim.worker_id: str(claim.worker_id) for claim in claims}  # mostly just one
    return {
        "ids": _array([claim.id_text for claim in claims]),
        "attempts": _array([str(claim.attempt) for claim in claims]),
        "worker_ids": _array([workers[claim.worker_id] for claim in claims]),
    }


def _counts(moves: Sequence[Requeue | Die]) -> dict[str, str]:
    return {
        "failures": _array(str(move.failures) for move in moves),
        "crashes": _array(str(move.crashes) for move in moves),
    }


def _array(texts: Iterable[str]) -> str:
    """An array in PostgreSQL's notation, for values that need no quotes.

    Measured: the driver takes three times as long for a list of UUIDs, 5 % of a worker's time.
    """
    return f"{{{','.join(texts)}}}"


def _claimed(rows: list[tuple[Any, ...]]) -> Claims:
    """Rows of `CLAIMED_FIELDS` and the first position that was left, as claims.

    Django leaves jsonb as text; it is decoded at once.
    """
    payloads = json.loads(f"[{','.join([row[_PAYLOAD] for row in rows])}]")
    first_left = rows[0][-1] if rows else None
    return Claims(
        [
            ClaimedJob._make((*row[:_PAYLOAD], payload, *row[_PAYLOAD + 1 : -1]))
            for row, payload in zip(rows, payloads, strict=True)
        ],
        first_left=first_left and first_left - 1,
    )
