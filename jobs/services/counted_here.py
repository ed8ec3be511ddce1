"""What the processes of this server have counted, as Prometheus reads it."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from jobs.core.process_counts import process_counts


def counted_here() -> Iterator[Metric]:
    """Every counter and every histogram of `jobs/core/process_counts.py`; asks no other server."""
    for one in process_counts.counters():
        family = CounterMetricFamily(one.name, one.describes, labels=one.labels)
        for labels, total in one.samples:
            family.add_metric(labels, total)
        yield family
    for timed in process_counts.histograms():
        histogram = HistogramMetricFamily(timed.name, timed.describes)
        histogram.add_metric((), list(timed.buckets), sum_value=timed.seconds)
        yield histogram
