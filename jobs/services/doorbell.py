"""Redis is rung after the commit. A ring that fails is no error: the reconciler finds the row."""

import time
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from django.db import transaction

from jobs import kill_points
from jobs.broker import get_broker
from jobs.broker.base import Broker
from jobs.errors import BrokerUnavailable
from jobs.messages import QueueMessage
from jobs.outage import redis_outage

Ring = tuple[QueueMessage, float]
"""A message and the seconds until it is to be rung."""


def ring_after_commit(rings: Sequence[Ring], *, clear_marks: bool = False) -> None:
    """Rings once the present transaction has committed; at once if there is none.

    Seconds count from this call: what the transaction takes makes nobody late.
    `clear_marks`: the ledger says that these jobs are to run, whatever L1 says.
    """
    asked_at = time.monotonic()

    def ring(broker: Broker) -> None:
        kill_points.reached(kill_points.COMMIT_PUSH)
        if clear_marks:
            broker.clear_marks(message.effect_key for message, _ in rings)
        passed = time.monotonic() - asked_at
        if ready := [message for message, seconds in rings if seconds <= passed]:
            broker.ring(ready)
        if len(ready) < len(rings):
            broker.ring_later([(one, left - passed) for one, left in rings if left > passed])

    if rings:
        _after_commit(ring)


def ring_first_after_commit(messages: Sequence[QueueMessage]) -> None:
    """Puts messages back at the head of their lists: they had been fetched and not begun."""
    if messages:
        _after_commit(lambda broker: broker.ring_first(messages))


def mark_done_after_commit(done: Iterable[tuple[str, UUID]]) -> None:
    """Lets L1 answer duplicates of what is done (effect keys and the jobs that did them)."""
    marks = list(done)

    def mark(broker: Broker) -> None:
        kill_points.reached(kill_points.RECORD_MARK)
        broker.mark_done(marks)

    if marks:
        _after_commit(mark)


def _after_commit(use: Callable[[Broker], None]) -> None:
    # Robust: what is committed is committed, whatever else goes wrong; Django logs it.
    transaction.on_commit(lambda: _try(use), robust=True)


def _try(use: Callable[[Broker], None]) -> None:
    # A Redis that has just failed is left alone for a moment: nobody should wait for it.
    if redis_outage.seconds_to_next_try > 0:
        return
    try:
        use(get_broker())
    except BrokerUnavailable as error:
        redis_outage.failed(error)
    else:
        redis_outage.ended()
