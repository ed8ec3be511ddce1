"""What waits although no live worker can run it: named, for it may be meant."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count

from jobs.core.conf import jobs_conf
from jobs.models import Job, Worker
from jobs.services.verification.check import EXAMPLES, Check, timed

NAME = "unserved"
PROMISE = "what no live worker can run is named"


@dataclass(frozen=True, slots=True)
class _Served:
    """What a live worker takes; `types` is None where its release does not say."""

    queues: Sequence[str]
    types: Sequence[str] | None

    def knows(self, job_type: str) -> bool:
        return self.types is None or job_type in self.types


def unserved_check() -> Check:
    """Names the types that no live worker knows, and the queues that none serves, in `notes`.

    Only those of which jobs wait. It breaks no promise: a worker may be on its way.
    """
    return timed(_unserved_check)


def _unserved_check() -> Check:
    rows = Job.objects.queued().order_by().values_list("queue", "type").annotate(count=Count("*"))
    waiting = {(queue, job_type): count for queue, job_type, count in rows}
    live = Worker.objects.live(jobs_conf().worker_timeout_seconds)
    workers = [_Served(queues, types) for queues, types in live.values_list("queues", "types")]
    names = list(_unserved(waiting, workers))
    shown = names[:EXAMPLES]
    if len(names) > EXAMPLES:
        shown.append(f"and {len(names) - EXAMPLES} more")
    return Check(NAME, PROMISE, sum(waiting.values()), violations=0, notes="; ".join(shown))


def _unserved(waiting: dict[tuple[str, str], int], workers: list[_Served]) -> Iterator[str]:
    """One clause for each queue, type, or pair of them; nothing is named twice."""
    queues, types = Counter[str](), Counter[str]()
    for (queue, job_type), count in waiting.items():
        queues[queue] += count
        types[job_type] += count
    served = {queue for queue in queues if any(queue in one.queues for one in workers)}
    known = {job_type for job_type in types if any(one.knows(job_type) for one in workers)}
    for queue in sorted(queues.keys() - served):
        yield f"no live worker serves the queue {queue} ({queues[queue]:,} queued)"
    for job_type in sorted(types.keys() - known) if workers else ():
        yield f"no live worker knows the type {job_type} ({types[job_type]:,} queued)"
    for (queue, job_type), count in sorted(waiting.items()):
        if queue in served and job_type in known and not _together(queue, job_type, workers):
            both = f"no live worker of the queue {queue} knows the type {job_type}"
            yield f"{both} ({count:,} queued)"


def _together(queue: str, job_type: str, workers: list[_Served]) -> bool:
    return any(queue in one.queues and one.knows(job_type) for one in workers)
