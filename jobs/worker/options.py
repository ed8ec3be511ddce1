"""What an operator says about one worker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """`concurrency`: jobs at a time on threads; `async_concurrency`: on the event loop.

    `max_jobs`, `max_rss_mb`: where the worker stops to be started again; None is without a limit.
    `supervisor_pid`: the process that has started this one, which ends with it.
    """

    queues: list[str]
    concurrency: int
    async_concurrency: int
    name: str | None = None
    max_jobs: int | None = None
    max_rss_mb: int | None = None
    supervisor_pid: int | None = None
