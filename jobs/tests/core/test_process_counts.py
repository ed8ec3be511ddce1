"""Counts with labels, by all processes of a server together, whatever becomes of them."""

import os
import signal
from collections.abc import Callable

import pytest

from jobs.core.process_counts import (
    ADMIN_ACTIONS,
    DISPATCH_LAG,
    JOBS_DEDUPLICATED,
    JOBS_ENQUEUED,
    OTHER,
    REGIONS,
    SERIES,
    TEXT_MAX,
    ProcessCounts,
)


def totals(counts: ProcessCounts, name: str) -> dict[tuple[str, ...], float]:
    [found] = [one for one in counts.counters() if one.name == name]
    return dict(found.samples)


def in_child(work: Callable[[], None]) -> None:
    """A process that does this, and is killed."""
    pid = os.fork()
    if not pid:
        try:
            work()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)


def test_processes_count_together_and_go_on_where_one_has_ended() -> None:
    counts = ProcessCounts()

    def enqueue(queue: str) -> Callable[[], None]:
        return lambda: counts.add(JOBS_ENQUEUED, (queue, "tests.note", "client"), 10)

    for queue in ("default", "bulk", "default"):
        region = counts.take_region()
        in_child(enqueue(queue))
        counts.give_back(region)
    beside = counts.take_region(), counts.take_region()
    in_child(enqueue("default"))
    assert beside == (0, 1)
    assert totals(counts, JOBS_ENQUEUED) == {
        ("default", "tests.note", "client"): 30,
        ("bulk", "tests.note", "client"): 10,
    }


def test_what_a_handler_forks_counts_nothing() -> None:
    counts = ProcessCounts()
    counts.add(ADMIN_ACTIONS, ("queue.paused",))
    in_child(lambda: counts.add(ADMIN_ACTIONS, ("queue.paused",)))
    assert totals(counts, ADMIN_ACTIONS) == {("queue.paused",): 1}


def test_a_worker_that_a_supervisor_forks_counts_for_itself_from_nothing() -> None:
    counts = ProcessCounts()
    counts.add(ADMIN_ACTIONS, ("queue.paused",))
    reader, writer = os.pipe()

    def work() -> None:
        counts.begin_anew()
        counts.add(ADMIN_ACTIONS, ("queue.resumed",))
        os.write(writer, str(totals(counts, ADMIN_ACTIONS)).encode())

    in_child(work)
    assert os.read(reader, 1_000) == b"{('queue.resumed',): 1.0}"
    assert totals(counts, ADMIN_ACTIONS) == {("queue.paused",): 1}


def test_times_are_in_buckets() -> None:
    counts = ProcessCounts()
    for seconds in (0.001, 0.2, 7_200.0):
        counts.took(DISPATCH_LAG, seconds)
    [lag] = [one for one in counts.histograms() if one.name == DISPATCH_LAG]
    buckets = dict(lag.buckets)
    assert (buckets["0.005"], buckets["0.25"], buckets["3600.0"], buckets["+Inf"]) == (1, 2, 2, 3)
    assert lag.seconds == pytest.approx(7_200.201)


def test_what_has_no_room_is_counted_together() -> None:
    counts = ProcessCounts()
    for number in range(SERIES + 100):
        counts.add(JOBS_ENQUEUED, ("default", f"type.{number}", "client"))
    counts.add(JOBS_ENQUEUED, ("default", "ä" * TEXT_MAX, "client"))
    counts.add(ADMIN_ACTIONS, ("queue.paused",))
    found = totals(counts, JOBS_ENQUEUED)
    assert sum(found.values()) == SERIES + 101
    assert found[(OTHER, OTHER, OTHER)] > 100
    assert totals(counts, ADMIN_ACTIONS) == {(OTHER,): 1}
    assert totals(counts, JOBS_DEDUPLICATED) == {("http",): 0, ("postgres",): 0, ("redis",): 0}


def test_more_processes_than_regions_count_nothing() -> None:
    counts = ProcessCounts()
    regions = [counts.take_region() for _ in range(REGIONS + 2)]
    in_child(lambda: counts.add(ADMIN_ACTIONS, ("queue.paused",)))
    assert regions[-2:] == [REGIONS, REGIONS]
    assert totals(counts, ADMIN_ACTIONS) == {}
