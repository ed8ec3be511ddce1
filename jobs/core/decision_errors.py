"""Refusals of what people decide about jobs, keys and workers."""

from jobs.core.errors import JobsError


class JobNotDelayed(JobsError):
    """The job does not wait for a moment, so it cannot be made due."""


class KeyNotReleasable(JobsError):
    """The effect key cannot be taken away from its job now; the message says what to do first."""


class WorkerStopped(JobsError):
    """Nothing can be asked of a worker that has stopped."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the worker {name} has stopped already")
        self.name = name
