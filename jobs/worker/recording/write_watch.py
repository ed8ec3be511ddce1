"""What is known of a write of outcomes that is under way, and of how long such writes take."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from jobs.core.clock import Clock
from jobs.core.finished import Finished
from jobs.services.tracing import tracing
from jobs.worker.counts import Counts


class WriteWatch:
    """The recorder's thread writes, others may look."""

    def __init__(self, clock: Clock, counts: Counts) -> None:
        self._clock = clock
        self._counts = counts
        self._tracing = tracing()
        self._since: float | None = None

    @contextmanager
    def writing(self, batch: Sequence[Finished]) -> Iterator[None]:
        """The block writes the batch, and takes as long as PostgreSQL does."""
        self._since = begun_at = self._clock.monotonic()
        try:
            with self._span(batch):
                yield
        finally:
            self._since = None
            took = self._clock.monotonic() - begun_at
            self._counts.took(self._counts.record_seconds, took)

    def _span(self, batch: Sequence[Finished]) -> AbstractContextManager[None]:
        if self._tracing is None:
            return nullcontext()
        return self._tracing.settle([one.claim for one in batch])

    @property
    def seconds(self) -> float:
        """For how long the batch at hand could not be written; 0 if there is none."""
        since = self._since
        return 0.0 if since is None else self._clock.monotonic() - since
