"""What staff see first: what needs a person, how it goes now, and how it went."""

from jobs.services.overview.history import (
    SPANS,
    Counts,
    History,
    Span,
    Step,
    history_of,
    queue_counts,
)
from jobs.services.overview.needs import Need, needs_now
from jobs.services.overview.workers import WorkersNow, live_workers_now

__all__ = [
    "SPANS",
    "Counts",
    "History",
    "Need",
    "Span",
    "Step",
    "WorkersNow",
    "history_of",
    "live_workers_now",
    "needs_now",
    "queue_counts",
]
