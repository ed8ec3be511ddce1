"""When a worker stops by itself, to be started again."""

import errno
import resource
import threading

import pytest

from jobs.models import Worker
from jobs.tests.fake_clock import FakeClock
from jobs.worker.liveness.lease import Lease
from jobs.worker.process import memory
from jobs.worker.process.memory import rss_bytes
from jobs.worker.process.recycling import MEGABYTE, Recycling


class Pools:
    """Stands in for the pools."""

    is_clogged = False
    stuck = 0


class Recorder:
    """Stands in for the recorder."""

    count = 0


class Bench:
    """The rules of one worker, and what they read and set."""

    def __init__(self, *, max_jobs: int | None = None, max_rss_mb: int | None = None) -> None:
        self.pools = Pools()
        self.recorder = Recorder()
        self.stop = threading.Event()
        self.recycling = Recycling(
            max_jobs=max_jobs,
            max_rss_mb=max_rss_mb,
            pools=self.pools,  # type: ignore[arg-type]
            recorder=self.recorder,  # type: ignore[arg-type]
            lease=Lease(Worker(name="worker-1"), 30.0, FakeClock()),
            stop=self.stop,
        )

    def stops(self) -> bool:
        self.recycling.check()
        return self.stop.is_set()


def test_without_limits_it_goes_on() -> None:
    bench = Bench()
    bench.recorder.count = 1_000_000
    assert not bench.stops()


def test_it_stops_after_its_number_of_jobs(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(max_jobs=10)
    bench.recorder.count = 9
    assert not bench.stops()
    bench.recorder.count = 10
    assert bench.stops()
    assert bench.stops()
    assert caplog.text.count("Worker worker-1 recycles itself: 10 jobs done") == 1


def test_it_stops_above_its_memory(caplog: pytest.LogCaptureFixture) -> None:
    held_mb = rss_bytes() // MEGABYTE
    assert not Bench(max_rss_mb=held_mb + 1_000).stops()
    assert Bench(max_rss_mb=1).stops()
    assert "MB in memory" in caplog.text


class NoDescriptorLeft:
    """Stands in for the file that tells the memory: handlers have opened all they may."""

    def exists(self) -> bool:
        return True

    def read_text(self) -> str:
        raise OSError(errno.EMFILE, "Too many open files")


def peak_bytes() -> int:
    """By another counter of the kernel than that file: the two differ by some pages."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_without_a_file_descriptor_the_peak_of_the_memory_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each heartbeat asks, and the main thread does."""
    monkeypatch.setattr(memory, "_STATM", NoDescriptorLeft())
    least = peak_bytes()
    told = rss_bytes()
    assert 0 < least <= told <= peak_bytes()
    assert not Bench(max_rss_mb=1_000_000).stops()


def test_it_stops_with_half_of_a_pool_stuck(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.pools.stuck, bench.pools.is_clogged = 1, False
    assert not bench.stops()
    bench.pools.is_clogged = True
    assert bench.stops()
    assert "1 handlers do not stop" in caplog.text
