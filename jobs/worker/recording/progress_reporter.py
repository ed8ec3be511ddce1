"""Collects what handlers report of their progress, and writes the last report of each."""

import threading
from uuid import UUID

from jobs.core.claim import ClaimedJob
from jobs.core.progress import Progress
from jobs.services.progress import progress_write


class ProgressReporter:
    """Reports cost their handler next to nothing: a timer writes them, all jobs together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reports: dict[UUID, tuple[ClaimedJob, Progress]] = {}

    def report(self, claim: ClaimedJob, progress: Progress) -> None:
        """Takes the place of what the job has reported before and was not written yet."""
        with self._lock:
            self._reports[claim.id] = (claim, progress)

    def write(self) -> None:
        """Writes what was reported since the last call.

        Raises the database's errors; then the reports are kept for the next call, unless there
        are newer ones.
        """
        with self._lock:
            reports, self._reports = self._reports, {}
        try:
            progress_write(reports=list(reports.values()))
        except Exception:
            with self._lock:
                self._reports = reports | self._reports
            raise
