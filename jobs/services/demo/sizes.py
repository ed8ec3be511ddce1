"""How much the demonstration holds: everything follows from the number of its jobs."""

from dataclasses import dataclass

from jobs.services.demo.failures import FAILURES, Failure
from jobs.services.demo.open_jobs import OpenCounts

JOBS_DEFAULT = 5_000_000
JOBS_MIN = 1_000
# 200,000 dead letters among five million jobs.
_LETTERS_OF = 25
_THOUSAND = 1_000


@dataclass(frozen=True)
class Sizes:
    """`jobs`: all of them, those of batches and schedules included."""

    jobs: int

    @property
    def letters(self) -> int:
        """All dead letters."""
        return sum(map(self.letters_of, FAILURES))

    def letters_of(self, failure: Failure) -> int:
        """The dead letters of one kind; each has one at least."""
        return max(1, self.jobs // _LETTERS_OF * failure.share // _THOUSAND)

    @property
    def open(self) -> OpenCounts:
        """The jobs that have not ended."""
        return OpenCounts.of(self.jobs)

    @property
    def batches(self) -> int:
        """The completed ones; one more still runs."""
        return max(3, self.jobs // 50_000)

    @property
    def batch_size(self) -> int:
        """The jobs of one batch."""
        return max(20, min(200, self.jobs // 500))

    @property
    def ended(self) -> int:
        """The jobs that ended without a dead letter and in no batch."""
        in_batches = (self.batches + 1) * self.batch_size
        return self.jobs - self.letters - sum(self.open) - in_batches
