"""What waits although no live worker can or may run it: named, for it may be meant."""

from collections import Counter

from django.db.models import Count

from jobs.models import Job, Queue
from jobs.services.serving import serving_now
from jobs.services.verification.check import EXAMPLES, Check, timed

NAME = "unserved"
PROMISE = "what no live worker can or may run is named"


def unserved_check() -> Check:
    """Names paused queues, those that no live worker serves, and types that none knows, in `notes`.

    Only those of which jobs wait. It breaks no promise: a worker may be on its way.
    """
    return timed(_unserved_check)


def _unserved_check() -> Check:
    queued = Job.objects.all_queued()
    rows = queued.order_by().values_list("queue", "type").annotate(count=Count("*"))
    serving, rows_read = serving_now(), 0
    pauses = {queue.name: queue.pause_in_words for queue in Queue.objects.paused()}
    waiting = Counter[str]()
    for queue, job_type, count in rows:
        rows_read += count
        if missing := pauses.get(queue) or serving.missing_for(queue, job_type):
            waiting[missing] += count
    names = [f"{missing} ({count:,} queued)" for missing, count in sorted(waiting.items())]
    shown = names[:EXAMPLES]
    if len(names) > EXAMPLES:
        shown.append(f"and {len(names) - EXAMPLES} more")
    return Check(NAME, PROMISE, rows_read, violations=0, notes="; ".join(shown))
