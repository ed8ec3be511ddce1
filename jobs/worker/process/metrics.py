"""The figures of one worker process, in the text format of Prometheus.

What all workers together have done is `jobs_*` of the API. Figures that the API has as well begin
with `worker_` here, so that no sum over all targets counts anything twice.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from jobs import __version__
from jobs.core.conf import jobs_conf
from jobs.core.histogram import Histogram
from jobs.handlers.registry import job_types
from jobs.services.counted_here import counted_here
from jobs.worker.assembly import Parts
from jobs.worker.counts import FENCED, Counts
from jobs.worker.execution.pool import Pool

# Types that code does not know may be anything, and each would be a series of its own.
OTHER = "other"


class WorkerMetrics:
    """What `GET /metrics` of a worker says."""

    def __init__(self, parts: Parts) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_OfWorker(parts))
        ProcessCollector(registry=self._registry)  # memory, processor time, open files

    def text(self) -> bytes:
        """All figures of this moment; asks nothing of PostgreSQL and Redis."""
        return generate_latest(self._registry)


class _OfWorker(Collector):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        counts = self._parts.counts.copy()
        yield from _of_jobs(counts)
        yield from counted_here()
        yield from _of_maintenance(counts)
        yield from _of_round_trips(counts)
        yield from _of_slots(self._parts)
        yield from _of_process(self._parts)


def _of_jobs(counts: Counts) -> Iterator[Metric]:
    claimed = CounterMetricFamily(
        "jobs_claimed", "Attempts that were claimed.", labels=("queue", "type")
    )
    for (queue, name), count in _by_known_type(counts.claimed.items()).items():
        claimed.add_metric((queue, name), count)
    yield claimed
    ended = CounterMetricFamily(
        "worker_finished",
        "Attempts that this process has recorded, by what became of the job.",
        labels=("queue", "type", "outcome"),
    )
    for (queue, name, outcome), count in _by_known_type(counts.ended.items()).items():
        ended.add_metric((queue, name, outcome), count)
    yield ended
    retries = CounterMetricFamily(
        "jobs_retries", "Attempts that are tried again.", labels=("queue", "type", "reason")
    )
    for (queue, name, reason), count in _by_known_type(counts.retries.items()).items():
        retries.add_metric((queue, name, reason), count)
    yield retries
    yield _by_queue(
        "jobs_end_to_end_seconds",
        "From when a job was accepted to its end, retries included.",
        counts.whole_times,
    )
    yield _by_queue(
        "worker_queue_wait_seconds",
        "From when a job could run to its claim by this process.",
        counts.waits,
    )
    yield _by_queue(
        "worker_run_duration_seconds",
        "For how long attempts had a slot of this process.",
        counts.run_times,
    )


def _by_known_type(
    counts: Iterable[tuple[tuple[str, ...], int]],
) -> dict[tuple[str, ...], int]:
    known = set(job_types.names())
    summed: dict[tuple[str, ...], int] = {}
    for (queue, name, *more), count in sorted(counts):
        labels = (queue, name if name in known else OTHER, *more)
        summed[labels] = summed.get(labels, 0) + count
    return summed


def _of_maintenance(counts: Counts) -> Iterator[Metric]:
    fenced = sum(count for (*_, outcome), count in counts.ended.items() if outcome == FENCED)
    for name, describes, count in (
        ("jobs_fenced_writes", "Outcomes of attempts that had been taken away.", fenced),
        ("jobs_rescued", "Jobs that were taken from dead workers.", counts.done["rescued"]),
        ("jobs_redispatched", "Jobs that Redis had lost.", counts.done["redispatched"]),
        ("jobs_promoted", "Jobs whose delay was over.", counts.done["promoted"]),
        ("jobs_redriven", "Dead letters that redrives have replayed.", counts.done["redriven"]),
        ("jobs_pruned", "Rows that were past their retention.", counts.done["pruned"]),
    ):
        yield CounterMetricFamily(name, describes, value=count)


def _of_round_trips(counts: Counts) -> Iterator[Metric]:
    for name, describes, histogram in (
        ("worker_claim_jobs", "Jobs in one claim.", counts.claim_sizes),
        ("worker_fetch_duration_seconds", "Redis: taking ids.", counts.fetch_seconds),
        ("worker_claim_duration_seconds", "PostgreSQL: one claim.", counts.claim_seconds),
        (
            "worker_record_duration_seconds",
            "PostgreSQL: writing a batch of outcomes, outages included.",
            counts.record_seconds,
        ),
    ):
        family = HistogramMetricFamily(name, describes)
        _add(family, (), histogram)
        yield family


def _of_slots(parts: Parts) -> Iterator[Metric]:
    slots = GaugeMetricFamily(
        "worker_slots", "Jobs at a time: on threads, on the event loop.", labels=("pool", "state")
    )
    for name, pool in (("threads", parts.pools.threads), ("loop", parts.pools.loop)):
        busy = _busy(pool)
        slots.add_metric((name, "busy"), busy)
        slots.add_metric((name, "free"), pool.capacity.size - busy)
    yield slots


def _busy(pool: Pool) -> int:
    """A handler that was given up runs on beside the slots."""
    return max(0, min(len(pool.running()) - pool.stuck, pool.capacity.size))


def _of_process(parts: Parts) -> Iterator[Metric]:
    fetcher = parts.fetcher
    for name, describes, value in (
        ("worker_jobs_in_hand", "Jobs between claim and record.", len(parts.inflight)),
        ("worker_handlers_stuck", "Handlers that were given up and go on.", parts.pools.stuck),
        (
            "worker_last_loop_age_seconds",
            "Since the fetch loop turned.",
            fetcher.seconds_since_tick(),
        ),
        ("worker_unrecorded_seconds", "Since outcomes wait.", parts.recorder.seconds_behind),
        ("worker_lease_held", "1 while it may claim and start.", float(parts.lease.is_held)),
    ):
        yield GaugeMetricFamily(name, describes, value=value)
    worker = parts.lease.worker
    told = {"worker": worker.name, "queues": ",".join(worker.queues), "version": __version__}
    if cell := jobs_conf().cell:
        told["cell"] = cell
    yield InfoMetricFamily("worker", "Which worker this is.", value=told)
    yield CounterMetricFamily(
        "log_lines_dropped",
        "Lines that standard error did not take, or too slowly.",
        value=_dropped(),
    )


def _dropped() -> int:
    """Of the handlers of this project; others do not say."""
    return sum(getattr(one, "lines_dropped", 0) for one in logging.getLogger().handlers)


def _by_queue(name: str, describes: str, histograms: Mapping[str, Histogram]) -> Metric:
    family = HistogramMetricFamily(name, describes, labels=("queue",))
    for queue, histogram in sorted(histograms.items()):
        _add(family, (queue,), histogram)
    return family


def _add(family: HistogramMetricFamily, labels: tuple[str, ...], histogram: Histogram) -> None:
    """Prometheus adds up the buckets from below."""
    limits = [*map(str, histogram.bounds), "+Inf"]
    buckets = list(zip(limits, accumulate(histogram.counts), strict=True))
    family.add_metric(labels, buckets, sum_value=histogram.sum)
