"""Schedules, a thousand due at the same moment: from their fire time to the handler."""

import time
from datetime import UTC, datetime

from jobs.core.schedule_spec import ScheduleSpec
from jobs.models import Schedule
from tools.benchmark.bench import Bench, Findings
from tools.benchmark.figure import Figure
from tools.benchmark.job_names import STAMP
from tools.benchmark.processes import workers
from tools.benchmark.rows import empty_everything
from tools.benchmark.stamps import percentile, stamps

EVERY_SECONDS = 60.0
# All are there, and the worker waits, before they are due.
AHEAD_SECONDS = 5.0


def schedules(bench: Bench) -> Findings:
    """With 20,000 jobs a drain, 1,000 schedules that fire once a minute, all at once."""
    return Findings(bench.median("fire times", lambda: _lateness(bench.sizes.schedules)))


def _lateness(count: int) -> list[Figure]:
    empty_everything()
    with stamps() as left, workers(stamps=str(left.path)):
        _make(count, time.time() + AHEAD_SECONDS)
        try:
            waits = left.wait_for(count, AHEAD_SECONDS + 60)
        finally:
            Schedule.objects.all().delete()
    return [
        Figure("fire lateness p50", percentile(waits, 50), "ms"),
        Figure("fire lateness p99", percentile(waits, 99), "ms"),
    ]


def _make(count: int, due: float) -> None:
    """Past the service, which takes longer for a thousand than the time ahead."""
    moment = datetime.fromtimestamp(due, UTC)
    specs = [
        ScheduleSpec(
            f"benchmark {number}",
            STAMP,
            {"since": due},
            every_seconds=EVERY_SECONDS,
            starts_at=moment,
        )
        for number in range(count)
    ]
    Schedule.objects.bulk_create(
        Schedule(**spec.columns, next_fire_at=moment, due_at=moment) for spec in specs
    )
