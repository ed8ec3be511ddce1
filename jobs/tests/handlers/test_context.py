"""What a handler learns of its attempt."""

import pytest

from jobs.core.errors import JobCancelled
from jobs.core.ids import uuid7
from jobs.handlers.context import JobContext


def context(*, is_cancelled: bool) -> JobContext:
    return JobContext(
        job_id=uuid7(),
        type="tests.note",
        queue="default",
        attempt=1,
        idempotency_key="tests.note:ann",
        worker="worker-1",
        is_cancelled=lambda: is_cancelled,
    )


def test_a_job_that_is_not_cancelled_goes_on() -> None:
    running = context(is_cancelled=False)
    assert not running.cancelled
    running.stop_if_cancelled()


def test_a_cancelled_job_stops_where_its_handler_asks() -> None:
    cancelled = context(is_cancelled=True)
    assert cancelled.cancelled
    with pytest.raises(JobCancelled, match=str(cancelled.job_id)):
        cancelled.stop_if_cancelled()
