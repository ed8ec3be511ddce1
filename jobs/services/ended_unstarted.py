"""Jobs that ended while they were queued: by their time, or because people asked for it."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from jobs.core.message import can_be_shared
from jobs.models import Job, ProcessedKey
from jobs.services.announce import jobs_announce_after_commit
from jobs.services.followups import jobs_follow_up
from jobs.services.key_waits import jobs_wake_after_commit
from jobs.services.limits.admission import slots_release
from jobs.services.roll_ups import ends_count


class Unstarted(NamedTuple):
    """A job that will not be started any more; the fields are columns of its row."""

    id: UUID
    effect_key: str
    limits: object
    batch_id: UUID | None
    callback_url: str | None

    @classmethod
    def of(cls, job: Job) -> "Unstarted":
        """The same of a row that was read."""
        return cls(*(getattr(job, name) for name in cls._fields))

    @property
    def is_followed(self) -> bool:
        """Whether something follows. A chain ends with it."""
        return self.batch_id is not None or self.callback_url is not None


def jobs_ended_unstarted(ended: Sequence[Unstarted]) -> None:
    """All that goes with the end of jobs, which the present transaction has made final.

    Their slots are free, what waits for an effect key that one of them owns is woken (its owner
    still has a key for which a job only waited), they are counted and announced, and what follows
    is done. To be called last in the transaction.
    """
    if not ended:
        return
    ids = [one.id for one in ended]
    slots_release([one.id for one in ended if one.limits])
    if shared := [one.effect_key for one in ended if can_be_shared(one.effect_key)]:
        owned = ProcessedKey.objects.filter(key__in=shared, job_id__in=ids)
        jobs_wake_after_commit(owned.values_list("key", flat=True))
    ends_count(ids)
    jobs_announce_after_commit(final=ids)
    jobs_follow_up([one.id for one in ended if one.is_followed])
