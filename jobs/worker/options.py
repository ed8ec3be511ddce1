"""What an operator says about one worker."""

from dataclasses import dataclass

from jobs.core.queue_choice import QueueChoice


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """`concurrency`: jobs at a time on threads; `async_concurrency`: on the event loop.

    `choice`: the queues, and the rule between them.
    `max_jobs`, `max_rss_mb`: where the worker stops to be started again; None is without a limit.
    `supervisor_pid`: the process that has started this one, which ends with it.
    """

    choice: QueueChoice
    concurrency: int
    async_concurrency: int
    name: str | None = None
    max_jobs: int | None = None
    max_rss_mb: int | None = None
    supervisor_pid: int | None = None

    @property
    def queues(self) -> list[str]:
        """The names of the queues."""
        return self.choice.names
