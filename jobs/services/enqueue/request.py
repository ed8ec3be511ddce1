"""What is asked for when a job is enqueued."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple


class JobRequest(NamedTuple):
    """One job that is asked for; its fields are the arguments of `jobs.enqueue`.

    `run_at` or `delay_seconds`, not both; with neither it may run at once. What is None is left to
    the job type and the settings. `expires_at` or `expires_in_seconds`, not both: a job that has
    not begun by then never runs; with neither it waits for as long as it takes. `callback_url` is
    called when the job is final, with the job as the API shows it: see docs/http-jobs.md.
    """

    type: str
    payload: Mapping[str, Any]
    queue: str | None = None
    priority: int | None = None
    run_at: datetime | None = None
    delay_seconds: float | None = None
    max_retries: int | None = None
    idempotency_key: str | None = None
    fairness_key: str | None = None
    expires_at: datetime | None = None
    expires_in_seconds: float | None = None
    callback_url: str | None = None

    def __repr__(self) -> str:
        """Without the payload: who reports errors keeps what local variables are."""
        return f"<JobRequest ({self.type})>"
