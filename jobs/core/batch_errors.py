"""Why a batch or a chain is refused."""

from jobs.core.errors import JobsError


class BatchClosed(JobsError):
    """The batch was closed: no job can be added any more."""

    def __init__(self, batch_id: object) -> None:
        super().__init__(f"batch {batch_id} is closed: put the jobs into a new batch")


class BatchFull(JobsError):
    """The batch would have more jobs than a batch may have."""

    def __init__(self, total: int, count: int, limit: int) -> None:
        super().__init__(
            f"a batch has at most {limit} jobs, and this one has {total}: {count} more do not fit; "
            "put them into a new batch"
        )


class BatchCompleted(JobsError):
    """All jobs of the batch have ended: nothing is left to cancel."""

    def __init__(self, batch_id: object) -> None:
        super().__init__(f"all jobs of batch {batch_id} have ended: there is nothing to cancel")


class CallbackRefused(JobsError):
    """`error` says why a callback of a batch is refused; `callback` is its name."""

    def __init__(self, callback: str, error: JobsError) -> None:
        super().__init__(f"{callback}: {error}")
        self.callback = callback
        self.error = error


class ChainJobRefused(JobsError):
    """`error` says why a job of a chain is refused; `index` is its place, counted from 0."""

    def __init__(self, index: int, error: JobsError) -> None:
        super().__init__(f"job {index} of the chain: {error}")
        self.index = index
        self.error = error


class ChainTooLong(JobsError):
    """A chain has at least one job, and a limit above."""

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(f"a chain has 1 to {limit} jobs, and this one has {count}")
