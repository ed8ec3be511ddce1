"""Group commit: which outcomes are written together, and what a stop waits for."""

from collections.abc import Callable

import pytest

from jobs.core.finished import Finished
from jobs.core.outcome import Succeeded
from jobs.tests.claims import make_claim
from jobs.tests.fake_clock import FakeClock
from jobs.tests.waiting import wait_until
from jobs.tests.worker.recording.fake_database import FakeDatabase
from jobs.worker.inflight import Inflight
from jobs.worker.recording import recorder as recorder_module
from jobs.worker.recording import writer as writer_module
from jobs.worker.recording.recorder import Recorder


def test_what_is_added_is_written_and_no_longer_held(
    recorder: Recorder, database: FakeDatabase, inflight: Inflight, finish: Callable[[], Finished]
) -> None:
    one = finish()
    recorder.add(one)
    wait_until(lambda: len(inflight) == 0, every=0.001)
    assert database.batches == [[one]]
    assert recorder.count == 1


def test_what_finishes_during_a_commit_goes_into_the_next_one(
    recorder: Recorder, database: FakeDatabase, finish: Callable[[], Finished]
) -> None:
    database.open.clear()
    first, *others = [finish() for _ in range(6)]
    recorder.add(first)
    wait_until(lambda: database.is_asked, every=0.001)
    for one in others:
        recorder.add(one)
    database.open.set()
    assert recorder.stop(20)
    assert database.batches == [[first], others]


def test_a_batch_is_bounded(
    recorder: Recorder,
    database: FakeDatabase,
    finish: Callable[[], Finished],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recorder_module, "BATCH_LIMIT", 3)
    database.open.clear()
    everything = [finish() for _ in range(8)]
    recorder.add(everything[0])
    wait_until(lambda: database.is_asked, every=0.001)
    for one in everything[1:]:
        recorder.add(one)
    database.open.set()
    assert recorder.stop(20)
    assert [len(batch) for batch in database.batches] == [1, 3, 3, 1]
    assert [one for batch in database.batches for one in batch] == everything


def test_a_stop_writes_what_is_left(
    recorder: Recorder, database: FakeDatabase, inflight: Inflight, finish: Callable[[], Finished]
) -> None:
    database.open.clear()
    for _ in range(20):
        recorder.add(finish())
    database.open.set()
    assert recorder.stop(20)
    assert not recorder.is_alive
    assert sum(len(batch) for batch in database.batches) == 20
    assert len(inflight) == 0


def test_a_stop_that_cannot_finish_in_time_says_so(
    recorder: Recorder, database: FakeDatabase, inflight: Inflight, finish: Callable[[], Finished]
) -> None:
    database.open.clear()
    recorder.add(finish())
    assert not recorder.stop(0.05)
    assert len(inflight) == 1


def test_a_stop_without_work_is_quick(recorder: Recorder, database: FakeDatabase) -> None:
    assert recorder.stop(20)
    assert database.batches == []


def test_it_says_for_how_long_outcomes_have_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    database, clock = FakeDatabase(), FakeClock()
    database.open.clear()
    monkeypatch.setattr(writer_module, "jobs_record", database.record)
    recorder = Recorder(Inflight(), clock, database.beat)
    assert recorder.seconds_behind == 0
    recorder.start()
    recorder.add(Finished(make_claim(), Succeeded()))
    wait_until(lambda: recorder._watch._since is not None)
    clock.now += 0.7
    assert recorder.seconds_behind == pytest.approx(0.7)
    database.open.set()
    assert recorder.stop(20)
    assert recorder.seconds_behind == 0
