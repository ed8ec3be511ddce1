"""How many workers there are at this moment."""

from typing import NamedTuple

from django.db.models import Count, Sum

from jobs.core.conf import jobs_conf
from jobs.models import Worker


class WorkersNow(NamedTuple):
    """The live workers: how many, and how many jobs they can run at once on threads."""

    live: int
    slots: int


def live_workers_now() -> WorkersNow:
    """Asks PostgreSQL; one query."""
    live = Worker.objects.live(jobs_conf().worker_timeout_seconds)
    found = live.aggregate(live=Count("*"), slots=Sum("concurrency"))
    return WorkersNow(found["live"], found["slots"] or 0)
