"""What must be true of limits, worked out from rows without the statements of admission."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

from jobs.core.limit import UNTIL_DUE
from jobs.core.states import FINAL_STATES
from jobs.models import Job, Limit, Slot

SlotKey = tuple[UUID, str]


def slots_in_use() -> set[SlotKey]:
    """The slots that there are."""
    return set(Slot.objects.values_list("job_id", "limit_name"))


def slots_owed() -> set[SlotKey]:
    """The slots that there should be: one a limit, of each job that is admitted and not final."""
    admitted = Job.objects.exclude(state__in=FINAL_STATES).filter(held_by__isnull=True)
    return {
        (job_id, name)
        for job_id, names in admitted.values_list("id", "limits")
        for name in names or ()
    }


def held_in_vain() -> list[str]:
    """Held jobs that have room under all of their limits, or whose moment has come.

    Right only behind a round of admission in which nothing else happened.
    """
    limits = {limit.name: limit for limit in Limit.objects.all()}
    used = Counter(Slot.objects.values_list("limit_name", flat=True))
    now = datetime.now(UTC)
    vain = []
    for job in Job.objects.queued().filter(held_by__isnull=False):
        if job.held_by == UNTIL_DUE:
            if job.run_at < now:
                vain.append(f"{job.id} is due")
        elif not any(_is_full(limits.get(name), used[name]) for name in job.limits or ()):
            vain.append(f"{job.id} has room under {job.limits}")
    return vain


def _is_full(limit: Limit | None, used: int) -> bool:
    if limit is None:
        return False
    # Without a limit of its own a fair queue has a window, which follows its workers.
    allowed = limit.max_concurrency or (1 if limit.is_fair else None)
    return (allowed is not None and used >= allowed) or (
        limit.rule.rate is not None and limit.tokens < 1
    )
