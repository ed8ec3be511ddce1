"""What PostgreSQL says where there is nothing to do."""

from datetime import UTC, datetime

from jobs.services.standing_work import Standing

NOTHING = Standing(
    at=datetime(2026, 1, 1, tzinfo=UTC),
    paused_queues=frozenset(),
    has_redrives=False,
    has_cancelled_batches=False,
    has_overdue_jobs=False,
    has_gone_workers=False,
    has_dead_letter_counts=False,
    seconds_to_schedule=None,
)
