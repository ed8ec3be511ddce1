"""What this process holds between claim and record."""

import threading
from collections.abc import Iterable
from uuid import UUID

from jobs.core.claim import ClaimedJob


class Inflight:
    """The claims that are waiting, running or being recorded; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claims: dict[UUID, ClaimedJob] = {}
        self._cancelled: frozenset[UUID] = frozenset()
        # Held from before a claim is made to after it is added here, by any thread but the
        # fetcher's, which looks for claims that only the database knows of.
        self.in_transit = threading.Lock()

    def add(self, claims: Iterable[ClaimedJob]) -> None:
        """Holds these claims from now on."""
        with self._lock:
            self._claims.update((claim.id, claim) for claim in claims)

    def remove(self, claims: Iterable[ClaimedJob]) -> None:
        """Forgets these attempts; a newer attempt of the same job stays."""
        with self._lock:
            for claim in claims:
                held = self._claims.get(claim.id)
                if held is not None and held.attempt == claim.attempt:
                    del self._claims[claim.id]
            if self._cancelled:  # a later attempt, after a replay, was not asked to stop
                self._cancelled = self._cancelled.intersection(self._claims)

    def attempts(self) -> set[tuple[UUID, int]]:
        """Which attempts are held; an older attempt of the same job is another one."""
        with self._lock:
            return {(claim.id, claim.attempt) for claim in self._claims.values()}

    def job_ids(self) -> list[UUID]:
        """Which jobs are held."""
        with self._lock:
            return list(self._claims)

    def cancel(self, job_ids: Iterable[UUID]) -> None:
        """From now on those of these jobs that are held, and no others, are asked to stop."""
        with self._lock:
            self._cancelled = frozenset(job_ids).intersection(self._claims)

    def is_cancelled(self, job_id: UUID) -> bool:
        """Whether the job was asked to stop."""
        return job_id in self._cancelled

    def __len__(self) -> int:
        return len(self._claims)
