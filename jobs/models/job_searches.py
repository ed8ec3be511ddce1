"""What is asked about jobs by statements of their own."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from jobs.core.conf import PRIORITY_MAX, PRIORITY_MIN
from jobs.core.message import QueueMessage
from jobs.core.states import JobState
from jobs.models.job_queryset import JobPart
from jobs.sql.statements import run


class JobSearches(JobPart):
    """The part of `Job.objects` that looks for jobs."""

    def redispatch_lost(
        self,
        lists: Mapping[tuple[str, int], tuple[datetime | None, datetime]],
        limit: int,
    ) -> list[QueueMessage] | None:
        """Dates the dispatch of queued jobs anew that must be missing from their lists.

        Returns what to dispatch, at most `limit` jobs a list; None if another worker is at it.

        `lists`: for each queue and priority the moment since which, and the one before which a job
        that is missing was dispatched; without the first at any time before the second.
        """
        rows = run(
            "redispatch_lost",
            queues=[queue for queue, _ in lists],
            priorities=[priority for _, priority in lists],
            dispatched_since=[
                since.isoformat() if since else "-infinity" for since, _ in lists.values()
            ],
            dispatched_before=[before for _, before in lists.values()],
            limit=limit,
        )
        if not rows[0][0]:
            return None
        found = [row[1:] for row in rows if row[1] is not None]
        # By list, and within a list by id: ids sort by the time of their making.
        return [QueueMessage(*row) for row in sorted(found, key=lambda row: (row[2:], row[0]))]

    def next_due(self, lists: Sequence[tuple[str, int]], limit: int) -> list[QueueMessage]:
        """Up to `limit` jobs of these lists (queue, priority) that are due, in the order of the
        lists, and then those first that have waited longest.

        For workers while Redis is away.
        """
        rows = run(
            "next_due",
            queues=[queue for queue, _ in lists],
            priorities=[priority for _, priority in lists],
            limit=limit,
        )
        return [QueueMessage(*row) for row in rows]

    def queue_depths(
        self, queues: Sequence[str], limit: int
    ) -> dict[str, tuple[int, int, float | None]]:
        """For each queue: how many jobs are ready, how many are delayed, and for how many seconds
        the head of its lists has been ready, None if nothing is. Counts no further than `limit`.
        """
        rows = run(
            "queue_depths",
            queues=list(queues),
            most_urgent=PRIORITY_MAX,
            least_urgent=PRIORITY_MIN,
            limit=limit,
        )
        return {queue: (ready, delayed, seconds) for queue, ready, delayed, seconds in rows}

    def types_ahead(self, queues: Sequence[str], limit: int) -> dict[str, set[str]]:
        """For each queue the types of the next jobs: `limit` of each of its lists."""
        rows = run(
            "types_ahead",
            queues=list(queues),
            most_urgent=PRIORITY_MAX,
            least_urgent=PRIORITY_MIN,
            limit=limit,
        )
        types: dict[str, set[str]] = {queue: set() for queue in queues}
        for queue, type_ in rows:
            types[queue].add(type_)
        return types

    def lock_orphaned(self, limit: int) -> list[UUID]:
        """Locks up to `limit` running jobs whose worker has stopped or has no row; others' locks
        are not waited for."""
        return [job_id for (job_id,) in run("orphaned_jobs", limit=limit)]

    def cancel_requested(self, worker_id: UUID, job_ids: Collection[UUID]) -> set[UUID]:
        """Those of these jobs that the worker runs and that are asked to stop.

        By primary key. The index of what a worker runs also leads to what it has run, for as long
        as a transaction keeps dead tuples: with 300,000 of them it took 440 ms, each second.
        """
        held = self.filter(id__in=job_ids, worker_id=worker_id)
        asked = held.filter(cancel_requested_at__isnull=False).values_list("id", "state")
        return {job_id for job_id, state in asked if state == JobState.RUNNING}
