"""A call with the header `Idempotency-Key` does its work once; repeated, it gets the same answer.

docs/decisions/0019 tells why one transaction and one lock are enough.
"""

import logging
from collections.abc import Callable
from typing import NamedTuple

from django.db.models.functions import Now

from jobs.core.call_key import CallInProgress, CallKeyReused
from jobs.core.conf import jobs_conf
from jobs.core.process_counts import JOBS_DEDUPLICATED, process_counts
from jobs.models import StoredAnswer
from jobs.services.enqueue.enqueue_counts import HTTP
from jobs.services.short_transaction import short_transaction, try_advisory_lock
from jobs.sql.contention import repeats_conflicts

logger = logging.getLogger(__name__)


class Call(NamedTuple):
    """A call: what makes its key unique, and a digest of what it asks for (64 characters)."""

    key: str
    fingerprint: str


class Answer(NamedTuple):
    """What a call is answered; `is_replayed` if the work was done by an earlier one."""

    status: int
    headers: dict[str, str]
    body: str
    is_replayed: bool = False


@repeats_conflicts
def call_answer_once(*, call: Call, work: Callable[[], Answer]) -> Answer:
    """The stored answer of the call's key; without one, what `work` does and answers.

    `work` runs in one transaction with the storing of its answer. If it raises, neither it nor an
    answer is left behind, and the next call with the key works anew. It may be called again where
    PostgreSQL undid the transaction.

    Raises CallInProgress while another call with the key is at work, CallKeyReused if the key has
    the answer of another call, and what `work` raises.
    """
    if stored := _stored(call):
        return stored
    with short_transaction():
        # The lock goes with the transaction, however that ends: a process that is killed leaves
        # nothing behind that would have to be cleared.
        if not try_advisory_lock(f"call.{call.key}"):
            raise CallInProgress
        if stored := _stored(call):  # the other call has ended between the two statements
            return stored
        answer = work()
        _store(call, answer)
    return answer


def _stored(call: Call) -> Answer | None:
    kept = StoredAnswer.objects.younger_than(jobs_conf().answer_retention_hours)
    row = kept.filter(key=call.key).first()
    if row is None:
        return None
    if row.fingerprint != call.fingerprint:
        raise CallKeyReused
    process_counts.add(JOBS_DEDUPLICATED, (HTTP,))
    logger.info(
        "A repeated call got the answer of the first",
        extra={"event": "call.replayed", "status_code": row.status},
    )
    return Answer(row.status, row.headers, row.body, is_replayed=True)


def _store(call: Call, answer: Answer) -> None:
    """A row that is past its time and not pruned yet is written over."""
    row = StoredAnswer(
        key=call.key,
        fingerprint=call.fingerprint,
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        created_at=Now(),
    )
    StoredAnswer.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["fingerprint", "status", "headers", "body", "created_at"],
    )
