"""What fences a write about attempts, as PostgreSQL takes it."""

from collections.abc import Iterable, Sequence

from jobs.core.claim import ClaimedJob
from jobs.core.histogram import BOUNDS


def fence(claims: Sequence[ClaimedJob]) -> dict[str, str]:
    workers = {claim.worker_id: str(claim.worker_id) for claim in claims}  # mostly just one
    return {
        "ids": array([claim.id_text for claim in claims]),
        "attempts": array([str(claim.attempt) for claim in claims]),
        "worker_ids": array([workers[claim.worker_id] for claim in claims]),
    }


def array(texts: Iterable[str]) -> str:
    """An array in PostgreSQL's notation, for values that need no quotes.

    Measured: the driver takes three times as long for a list of UUIDs, 5 % of a worker's time.
    """
    return f"{{{','.join(texts)}}}"


# Those of `jobs.core.histogram`.
BUCKET_BOUNDS = array(map(str, BOUNDS))
