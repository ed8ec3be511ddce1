"""The errors of waiting for a job."""

from uuid import UUID

from jobs.core.errors import JobsError


class JobNotFound(JobsError, LookupError):
    """There is no such job: it was never accepted, or is deleted."""

    def __init__(self, job_id: UUID) -> None:
        super().__init__(f"there is no job {job_id}")
        self.job_id = job_id


class WaitTimedOut(JobsError, TimeoutError):
    """The job has not ended within the time that was given; `state` is what it was then."""

    def __init__(self, job_id: UUID, state: str, timeout: float, *, in_transaction: bool) -> None:
        hint = (
            "; the wait was inside a transaction, and a job that is enqueued in one begins only "
            "after its commit"
        )
        super().__init__(
            f"job {job_id} was still {state} after {timeout:g} s{hint if in_transaction else ''}"
        )
        self.job_id = job_id
        self.state = state


class TooManyWait(JobsError):
    """As many wait or follow jobs as may: of one client, or of all in this process."""

    def __init__(self, *, of_client: bool, limit: int) -> None:
        whose = "of one client" if of_client else "of all clients"
        super().__init__(f"{limit} calls {whose} wait for jobs already, which is the most")
        self.of_client = of_client
        self.limit = limit
