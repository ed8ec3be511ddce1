"""Jobs are dispatched: their ids go to Redis, after the commit of their rows.

Nothing here raises because of Redis: `jobs_redispatch_lost` dispatches again what is missing.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from django.db import transaction

from jobs.broker import get_broker
from jobs.broker.base import Broker
from jobs.core import kill_points
from jobs.core.errors import BrokerUnavailable
from jobs.core.message import QueueMessage, can_be_shared
from jobs.core.outage import broker_outage
from jobs.core.process_counts import DISPATCH_LAG, process_counts

Dispatch = tuple[QueueMessage, float]
"""A message, and in how many seconds its job may run."""


def dispatch_after_commit(
    dispatches: Sequence[Dispatch],
    *,
    is_repeated: bool = False,
    committed: Callable[[], None] | None = None,
) -> None:
    """Dispatches once the present transaction has committed; at once if there is none.

    A job whose seconds lie ahead goes to the delayed set. Seconds count from this call, so that
    a long transaction delays no job any further. `is_repeated`: the jobs were dispatched before.
    Their cache marks are cleared, which would otherwise keep a worker from claiming them, and they
    are taken out of the delayed set. `committed` is called before, whether Redis is there or not.
    """
    asked_at = time.monotonic()

    def dispatch(broker: Broker) -> None:
        committed_at = time.monotonic()
        kill_points.reached(kill_points.COMMIT_PUSH)
        if is_repeated:
            keys = [message.effect_key for message, _ in dispatches]
            broker.clear_cache_marks(key for key in keys if can_be_shared(key))
        passed = time.monotonic() - asked_at
        if ready := [message for message, seconds in dispatches if seconds <= passed]:
            broker.dispatch(ready, age_seconds=passed, is_repeated=is_repeated)
            process_counts.took(DISPATCH_LAG, time.monotonic() - committed_at)
        if len(ready) < len(dispatches):
            broker.dispatch_later(
                [(one, left - passed) for one, left in dispatches if left > passed]
            )

    if dispatches or committed:
        use_broker_after_commit(dispatch if dispatches else None, committed)


def return_after_commit(claimed: Sequence[tuple[QueueMessage, float]]) -> None:
    """Returns messages to the head of their lists after the commit.

    For jobs that had been claimed and did not begin: they keep their place. Each comes with the
    seconds since its dispatch.
    """
    if claimed:
        use_broker_after_commit(lambda broker: broker.return_claimed(claimed))


def mark_done_after_commit(done: Iterable[tuple[str, UUID]]) -> None:
    """Sets the cache marks of what is done, after the commit.

    `done`: effect keys, each with the job that did the effect. A worker that fetches such a job
    once more sees from the mark that it need not claim it. A key that no other job can have gets
    none: nobody would ever ask for it.
    """
    marks = [(key, job_id) for key, job_id in done if can_be_shared(key)]

    def mark(broker: Broker) -> None:
        kill_points.reached(kill_points.RECORD_MARK)
        broker.mark_done(marks)

    if marks:
        use_broker_after_commit(mark)


def use_broker_after_commit(
    use: Callable[[Broker], None] | None, committed: Callable[[], None] | None = None
) -> None:
    """Calls `use` once the present transaction has committed; at once if there is none.

    An outage of the broker is noted, and while one lasts `use` may not be called. `committed` is
    called before in any case: every enqueue has both, and one callback is cheaper to register.
    """

    def after_commit() -> None:
        if committed is not None:
            committed()
        if use is not None:
            _try(use)

    # robust=True: an exception here must not look like a failed commit. Django logs it.
    transaction.on_commit(after_commit, robust=True)


def _try(use: Callable[[Broker], None]) -> None:
    # Redis has just failed: do not let each request wait for another timeout.
    if broker_outage.seconds_to_next_try > 0:
        return
    try:
        use(get_broker())
    except BrokerUnavailable as error:
        broker_outage.failed(error)
    else:
        broker_outage.ended()
