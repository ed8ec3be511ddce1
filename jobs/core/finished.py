"""An attempt that has ended."""

from typing import NamedTuple

from jobs.core.attempt_error import RecordedError
from jobs.core.claim import ClaimedJob
from jobs.core.outcome import Outcome, errors_of


class Finished(NamedTuple):
    """An attempt that has ended. `seconds`: how long its slot took; None where that is unknown."""

    claim: ClaimedJob
    outcome: Outcome
    seconds: float | None = None

    @property
    def errors(self) -> list[RecordedError]:
        """What this attempt adds to `Job.errors`."""
        return errors_of(self.outcome, self.claim.attempt)
