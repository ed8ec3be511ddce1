"""What has become of jobs is announced to the clients that wait for them or follow them.

Nothing here raises: a client that misses an announcement looks at the job's row seconds later.
"""

from collections.abc import Collection
from uuid import UUID

from jobs.services.dispatch import use_broker_after_commit


def jobs_announce_after_commit(
    *, final: Collection[UUID] = (), changed: Collection[UUID] = ()
) -> None:
    """Announces which jobs have ended and which have changed, once the transaction has committed.

    Who waits has the job watched first and looks at its row then. Redis is asked after the commit,
    so one of the two sees the other.
    """
    if final or changed:
        use_broker_after_commit(lambda broker: broker.announce(final=final, changed=changed))


def jobs_announce_claimed(job_ids: Collection[UUID]) -> None:
    """Announces jobs that were claimed, outside any transaction.

    A worker claims far more often than somebody begins to follow a job: one who has begun within
    the last second may learn of the claim late.
    """
    use_broker_after_commit(lambda broker: broker.announce(changed=job_ids, may_miss_new=True))
