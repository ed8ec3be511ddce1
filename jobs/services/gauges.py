"""What an operator watches: how much waits, for how long, and whether somebody works on it.

Every figure is read from PostgreSQL and Redis, so that it is the same whichever process is asked.
Names follow Prometheus: base units, and a prefix that says what is counted.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count

from jobs.broker import get_broker
from jobs.core.conf import jobs_conf
from jobs.core.errors import BrokerUnavailable
from jobs.handlers.registry import job_types
from jobs.models import DeadLetter, Schedule, Worker
from jobs.models.moments import seconds_ago
from jobs.services.queues_now import QueueNow, queues_now
from jobs.services.serving import serving_now
from jobs.sql.statements import database_now, run

# A schedule counts as late once its fire time is this long ago, and no worker has fired it.
LATE_SECONDS = 5.0
# Types that code does not know may be anything, and each would be a series of its own.
OTHER = "other"

_REDIS_UP = "1 if Redis answers."


class Gauge(NamedTuple):
    """One figure: `samples` has a value for each combination of labels."""

    name: str
    describes: str
    labels: tuple[str, ...]
    samples: Sequence[tuple[tuple[str, ...], float]]


def gauges_now() -> list[Gauge]:
    """All figures of this moment. Costs some 15 queries and three commands.

    What needs Redis is missing while that is away. Raises the database's errors.
    """
    queues = queues_now()
    return [
        *_of_cell(),
        *_of_queues(queues),
        *_of_dead_letters(),
        *_of_workers(queues),
        *_of_redis(queues),
        *_of_tables(),
    ]


def _of_cell() -> Iterator[Gauge]:
    if cell := jobs_conf().cell:
        yield Gauge("jobs_cell_info", "Which cell this is.", ("cell",), [((cell,), 1.0)])


def _of_queues(queues: list[QueueNow]) -> Iterator[Gauge]:
    depth = [
        ((one.name, state), float(count))
        for one in queues
        for state, count in (
            ("ready", one.depth),
            ("delayed", one.delayed),
            ("held", one.held),
            ("running", one.in_flight),
        )
    ]
    yield Gauge(
        "jobs_depth", "Jobs of a queue, counted up to 10,000 a state.", ("queue", "state"), depth
    )
    yield Gauge(
        "jobs_oldest_ready_age_seconds",
        "For how long the job that has waited longest could have run; 0 if none waits.",
        ("queue",),
        [((one.name,), one.oldest_ready_seconds or 0.0) for one in queues],
    )
    yield Gauge(
        "queue_paused",
        "1 while people have paused the queue.",
        ("queue",),
        [((one.name,), float(one.queue.paused_at is not None)) for one in queues],
    )


def _of_dead_letters() -> Iterator[Gauge]:
    known = set(job_types.names())
    counts: dict[tuple[str, ...], float] = {}
    waiting = DeadLetter.objects.waiting().order_by()
    for queue, name, count in waiting.values_list("queue", "type").annotate(count=Count("*")):
        labels = (queue, name if name in known else OTHER)
        counts[labels] = counts.get(labels, 0) + count
    yield Gauge(
        "jobs_dead",
        "Dead letters that wait for a person.",
        ("queue", "type"),
        sorted(counts.items()),
    )
    oldest = DeadLetter.objects.waiting().order_by("id").values_list("created_at", flat=True)
    yield Gauge(
        "jobs_oldest_dead_age_seconds",
        "For how long the oldest dead letter has waited; 0 if there is none.",
        (),
        [((), _age_seconds(oldest.first()))],
    )


def _age_seconds(moment: datetime | None) -> float:
    return 0.0 if moment is None else (database_now() - moment).total_seconds()


def _of_workers(queues: list[QueueNow]) -> Iterator[Gauge]:
    live = Worker.objects.live(jobs_conf().worker_timeout_seconds)
    yield Gauge("workers_up", "Live worker processes.", (), [((), float(live.count()))])
    serving = serving_now()
    yield Gauge(
        "queue_workers",
        "Live workers that take from the queue; one that drains takes nothing.",
        ("queue",),
        [((one.name,), float(serving.count_of(one.name))) for one in queues],
    )
    late = Schedule.objects.active().filter(due_at__lt=seconds_ago(LATE_SECONDS))
    yield Gauge(
        "schedules_late",
        "Schedules whose fire time has passed and that no worker has fired.",
        (),
        [((), float(late.count()))],
    )


def _of_redis(queues: list[QueueNow]) -> Iterator[Gauge]:
    try:
        depth = get_broker().depth([one.name for one in queues])
    except BrokerUnavailable:
        yield Gauge("redis_up", _REDIS_UP, (), [((), 0.0)])
        return
    yield Gauge("redis_up", _REDIS_UP, (), [((), 1.0)])
    yield Gauge(
        "jobs_dispatched",
        "Entries in the lists of Redis: all of them, and cheap to count.",
        ("queue", "priority"),
        [
            ((queue, str(priority)), float(count))
            for (queue, priority), count in sorted(depth.ready.items())
        ],
    )
    there = Counter[str]()
    for (queue, _), count in depth.ready.items():
        there[queue] += count
    yield Gauge(
        "jobs_redis_drift",
        "Ready jobs of which Redis has no entry; counted up to 10,000.",
        ("queue",),
        [((one.name,), float(max(0, one.depth - there[one.name]))) for one in queues],
    )


def _of_tables() -> Iterator[Gauge]:
    """By what PostgreSQL keeps of each table: estimates, which read no row."""
    yield Gauge(
        "table_dead_tuples_ratio",
        "The share of dead rows in a table.",
        ("table",),
        [
            ((name,), dead / (live + dead) if live + dead else 0.0)
            for name, live, dead in run("table_dead_rows")
        ],
    )
