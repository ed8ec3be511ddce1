"""Jobs get their attempts: what is claimed, what has begun, what gets the slot of another job."""

import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from django.db import models
from django.db.models import ExpressionWrapper, Q, Value

from jobs.core.claim import Claimant, ClaimedJob, Claims, Start
from jobs.core.message import QueueMessage
from jobs.core.states import JobState
from jobs.models.fence import BUCKET_BOUNDS, array, fence
from jobs.models.job_queryset import JobPart
from jobs.sql.prepared import run_prepared_search

# Something follows when such a job is final; the SQL of claims says the same.
FOLLOWED = Q(batch__isnull=False) | Q(next_jobs__isnull=False) | Q(callback_url__isnull=False)

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
    ExpressionWrapper(FOLLOWED, models.BooleanField()),
    "given",
)
# The same fields for what needs no payload. Hundreds of payloads may be a hundred megabytes.
CLAIMED_FIELDS_WITHOUT_PAYLOAD = tuple(
    Value({}, models.JSONField()) if name == "payload" else name for name in CLAIMED_FIELDS
)
# After this much payload a claim is full. While it is read a claim takes three times as much: 500
# payloads of 250 KB took 391 MB. Thirty of the largest that are allowed by default still fit.
CLAIM_PAYLOAD_BYTES = 8 * 1024 * 1024
_PAYLOAD = CLAIMED_FIELDS.index("payload")
_LIMITS = CLAIMED_FIELDS.index("limits")


class HandedOver(NamedTuple):
    """What `JobClaims.hand_over` has written.

    `written`: jobs that have succeeded. `claims`: of the jobs that got their slots. `admitted`:
    those of them that were not claimed, and are to be dispatched. `ranks`: the last one that got a
    slot, by the names of fair limits.
    """

    written: set[UUID]
    claims: list[ClaimedJob]
    admitted: list[QueueMessage]
    ranks: Mapping[str, int] = MappingProxyType({})


class JobClaims(JobPart):
    """The part of `Job.objects` that claims."""

    def claim(self, worker_id: UUID, job_ids: Iterable[UUID | str]) -> Claims:
        """queued -> running for those of these jobs that may start now; returns their claims.

        Jobs at the end are left alone once the payloads before them have CLAIM_PAYLOAD_BYTES.
        """
        rows = run_prepared_search(
            "claim_jobs",
            worker_id=worker_id,
            ids=array(map(str, job_ids)),
            payload_bytes=CLAIM_PAYLOAD_BYTES,
        )
        return _claimed(rows)

    def claim_one(self, worker_id: UUID, job_id: UUID | str) -> Claims:
        """The same for one job whose effect key no other can have; nothing if one could."""
        rows = run_prepared_search("claim_job", worker_id=worker_id, id=str(job_id))
        return _claimed(rows)

    def record_starts(self, starts: Sequence[Start]) -> set[UUID]:
        """Writes what has begun; returns the jobs that were written.

        Missing are attempts that were taken away, and those whose row is locked: see `still_held`.
        """
        rows = run_prepared_search(
            "record_starts",
            **fence([start.claim for start in starts]),
            effect_begins=array("t" if start.effect_begins else "f" for start in starts),
            crashes=array(str(start.crashes) for start in starts),
        )
        return {row[0] for row in rows}

    def still_held(self, claims: Iterable[ClaimedJob]) -> set[UUID]:
        """Those of these jobs whose attempt was not taken away."""
        running = self.filter(state=JobState.RUNNING)
        return {
            claim.id
            for claim in claims
            if running.filter(
                id=claim.id, worker_id=claim.worker_id, attempt=claim.attempt
            ).exists()
        }

    def hand_over(
        self,
        claims: Sequence[ClaimedJob],
        limit_names: Sequence[str],
        claimant: Claimant | None,
        *,
        worker_timeout_seconds: float,
        window_seconds: float,
        pace_seconds: float,
    ) -> HandedOver:
        """running -> succeeded, and the slots go to the next jobs, where that can be done at once.

        `limit_names`: the one limit of each of these claims. The seconds: see `held_jobs.sql`.
        """
        rows = run_prepared_search(
            "hand_over_slots",
            **fence(claims),
            limit_names=list(limit_names),
            worker_id=claimant and claimant.worker_id,
            queues=list(claimant.queues) if claimant else [],
            most=claimant.most if claimant else 0,
            bounds=BUCKET_BOUNDS,
            worker_timeout_seconds=worker_timeout_seconds,
            window_seconds=window_seconds,
            pace_seconds=pace_seconds,
        )
        written, claimed, admitted = set(), [], []
        ranks: dict[str, int] = {}
        for *job, is_claimed, rank in rows:
            if is_claimed is None:
                written.add(job[0])
                continue
            if rank is not None:
                [name] = json.loads(job[_LIMITS])
                ranks[name] = max(rank, ranks.get(name, 0))
            if is_claimed:
                claimed.append((*job, None))
            else:
                one = ClaimedJob(*job)
                admitted.append(one.message)
        return HandedOver(written, _claimed(claimed), admitted, ranks)


def _claimed(rows: list[tuple[Any, ...]]) -> Claims:
    """Rows of `CLAIMED_FIELDS`, the wait and the first position that was left, as claims.

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
