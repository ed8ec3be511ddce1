"""How jobs come into the table."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction

from jobs.core.ids import uuid7s
from jobs.core.message import QueueMessage
from jobs.core.new_job import Inserted, NewJob
from jobs.models.job_queryset import JobPart
from jobs.sql.contention import repeats_conflicts
from jobs.sql.prepared import run_prepared
from jobs.sql.statements import run, run_copy

# Below 50 rows, INSERT ... RETURNING beats COPY and returns the timestamps.
COPY_FROM = 50
# PostgreSQL inserts a piece while the next is made: for 1,000 jobs a tenth of the time.
COPY_PIECE = 200


class JobInserts(JobPart):
    """The part of `Job.objects` that accepts jobs."""

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
        rows = run(
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


def _named(new_jobs: Sequence[NewJob]) -> tuple[list[str], list[QueueMessage]]:
    """New ids as texts, and what is to be dispatched."""
    ids = uuid7s(len(new_jobs))
    texts = [str(job_id) for job_id in ids]
    named = zip(new_jobs, ids, texts, strict=True)
    return texts, [new.message(job_id, text) for new, job_id, text in named]


def _inserted(message: QueueMessage, effect_key: str, created_at: float, run_at: float) -> Inserted:
    """A row whose effect key PostgreSQL may have chosen."""
    return Inserted(message._replace(effect_key=effect_key), created_at, run_at)
