"""How it went: what has ended, waits and run times, over a span of time. From roll-ups alone."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from jobs.core.histogram import BUCKETS, quantile_seconds
from jobs.models import RollUp
from jobs.models.roll_up import DAY, HOUR, MINUTE, QUARTER
from jobs.sql.statements import database_now


class Span(NamedTuple):
    """How far a chart reaches back, and for how long each of its steps is. In seconds."""

    name: str
    label: str
    seconds: int
    step_seconds: int


SPANS = {
    span.name: span
    for span in (
        Span("hour", "1 h", HOUR, MINUTE),
        Span("day", "24 h", DAY, QUARTER),
        Span("week", "7 d", 7 * DAY, HOUR),
        Span("month", "30 d", 30 * DAY, DAY),
    )
}


@dataclass(slots=True)
class Counts:
    """What has ended, by outcome, with waits and run times by the buckets of the histogram."""

    ended: Counter[str] = field(default_factory=Counter)
    waits: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    run_times: list[int] = field(default_factory=lambda: [0] * BUCKETS)

    def wait_seconds(self, share: float) -> float | None:
        """Below how many seconds that share of the waits lies; None if there were none."""
        return quantile_seconds(self.waits, share)

    def run_seconds(self, share: float) -> float | None:
        """The same of run times."""
        return quantile_seconds(self.run_times, share)

    def _add(self, outcome: str | None, wait: int | None, run: int | None, count: int) -> None:
        if outcome is not None:
            self.ended[outcome] += count
        if wait is not None:
            self.waits[wait] += count
        if run is not None:
            self.run_times[run] += count


@dataclass(slots=True, kw_only=True)
class Step(Counts):
    """The counts of one step of a chart."""

    begins_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """A span of time: its steps from the oldest on, and all of them together."""

    span: Span
    steps: Sequence[Step]
    total: Counts

    @property
    def is_empty(self) -> bool:
        """Whether nothing has ended."""
        return not self.total.ended


def history_of(span: Span) -> History:
    """The last steps of that span, the present one included. Costs two queries."""
    now = int(database_now().timestamp())
    first = now - now % span.step_seconds - span.seconds + span.step_seconds
    begins_at = datetime.fromtimestamp(first, UTC)
    length = timedelta(seconds=span.step_seconds)
    steps = [
        Step(begins_at=begins_at + number * length)
        for number in range(span.seconds // span.step_seconds)
    ]
    total = Counts()
    for row in RollUp.objects.by_step(begins_at, span.step_seconds):
        number = (row.begins_at - begins_at) // length
        if number < len(steps):  # nothing ends in the future, but clocks are set
            for counts in (steps[number], total):
                counts._add(row.outcome, row.wait_bucket, row.run_bucket, row.total)
    return History(span, steps, total)


def queue_counts(names: Iterable[str], *, seconds: int = HOUR) -> dict[str, Counts]:
    """What has ended in each of these queues, by its name, in the last `seconds`.

    To within a minute, in one query.
    """
    since = database_now() - timedelta(seconds=seconds)
    counts = {name: Counts() for name in names}
    for row in RollUp.objects.since(since).by_queue(counts):
        counts[row.queue]._add(row.outcome, row.wait_bucket, row.run_bucket, row.total)
    return counts
