"""Group commit: what is handed to PostgreSQL at once, and what happens when it refuses."""

import threading
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

import pytest
from django.db import DataError, InterfaceError, InternalError, OperationalError
from psycopg import errors as psycopg_errors

from jobs.core.outage import database_outage
from jobs.core.outcome import Succeeded
from jobs.core.retry import Succeed
from jobs.services.attempts import Finished, Recorded
from jobs.tests.claims import make_claim
from jobs.tests.fake_clock import FakeClock
from jobs.tests.waiting import wait_until
from jobs.worker.inflight import Inflight
from jobs.worker.recording import recorder as recorder_module
from jobs.worker.recording.recorder import PATIENCE, Recorder


class Database:
    """Stands in for `jobs_record`: notes the batches, fails as told, waits when told."""

    def __init__(self) -> None:
        self.batches: list[list[Finished]] = []
        self.failures: list[Exception] = []
        self.refused: set[UUID] = set()
        self.refusal: Exception = DataError("cannot be written")
        self.refusals = 0
        self.written_before: set[UUID] = set()
        self.is_there = False
        self.is_asked = False
        self.open = threading.Event()
        self.open.set()

    def record(self, *, finished: Sequence[Finished]) -> list[Recorded]:
        self.is_asked = True
        assert self.open.wait(20), "the test never opened PostgreSQL"
        if self.failures:
            raise self.failures.pop()
        if self.refused & {one.claim.id for one in finished}:
            self.refusals += 1
            raise self.refusal
        self.batches.append(list(finished))
        return [
            Recorded(one, Succeed(), written=one.claim.id not in self.written_before)
            for one in finished
        ]

    def beat(self) -> None:
        """A heartbeat is written, if PostgreSQL is there at all."""
        if not self.is_there:
            raise OperationalError("gone")
        database_outage.ended()


def of_the_database(error: Exception, sqlstate: str) -> Exception:
    """As Django raises it: the driver's error is its cause."""
    error.__cause__ = psycopg_errors.lookup(sqlstate)("no")
    return error


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    database = Database()
    monkeypatch.setattr(recorder_module, "jobs_record", database.record)
    yield database
    database.open.set()
    database_outage.ended()


@pytest.fixture
def inflight() -> Inflight:
    return Inflight()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def recorder(database: Database, inflight: Inflight, clock: FakeClock) -> Iterator[Recorder]:
    recorder = Recorder(inflight, clock, database.beat)
    recorder.start()
    yield recorder
    database.open.set()
    recorder.stop(20)


@pytest.fixture
def finish(inflight: Inflight) -> Callable[[], Finished]:
    """An attempt that this process held and that has succeeded."""

    def make() -> Finished:
        claim = make_claim()
        inflight.add([claim])
        return Finished(claim, Succeeded())

    return make


def test_what_is_added_is_written_and_no_longer_held(
    recorder: Recorder, database: Database, inflight: Inflight, finish: Callable[[], Finished]
) -> None:
    one = finish()
    recorder.add(one)
    wait_until(lambda: len(inflight) == 0, every=0.001)
    assert database.batches == [[one]]
    assert recorder.count == 1


def test_what_finishes_during_a_commit_goes_into_the_next_one(
    recorder: Recorder, database: Database, finish: Callable[[], Finished]
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
    database: Database,
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


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_asked_again_until_it_answers(
    error: type[Exception],
    recorder: Recorder,
    database: Database,
    inflight: Inflight,
    clock: FakeClock,
    finish: Callable[[], Finished],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recorder_module, "TICK_SECONDS", 60.0)  # each wait in one piece
    database.failures = [error("gone"), error("gone"), error("gone")]
    one = finish()
    recorder.add(one)
    wait_until(lambda: len(inflight) == 0, every=0.001)
    assert database.batches == [[one]]
    assert len(clock.waits) == 3
    assert clock.waits == sorted(clock.waits)
    assert not database_outage.is_on


def test_an_outcome_that_cannot_be_written_holds_up_no_other(
    recorder: Recorder,
    database: Database,
    finish: Callable[[], Finished],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    database.open.clear()
    first, poison, last = finish(), finish(), finish()
    database.refused = {poison.claim.id}
    recorder.add(finish())
    wait_until(lambda: database.is_asked, every=0.001)
    for one in (first, poison, last):
        recorder.add(one)
    database.open.set()
    assert recorder.stop(20)
    assert database.batches[1:] == [[first], [last]]
    assert str(poison.claim.id) in caplog.text


def test_a_row_that_postgresql_cannot_take_is_told_from_an_outage(
    recorder: Recorder, database: Database, inflight: Inflight, finish: Callable[[], Finished]
) -> None:
    """PostgreSQL calls it an internal error, as it calls being read-only."""
    database.open.clear()
    database.is_there = True
    poison, good = finish(), finish()
    database.refused = {poison.claim.id}
    database.refusal = of_the_database(InternalError("corrupted"), "XX001")
    recorder.add(finish())
    wait_until(lambda: database.is_asked, every=0.001)
    recorder.add(poison)
    recorder.add(good)
    database.open.set()
    assert recorder.stop(20)
    assert database.batches[1:] == [[good]]
    assert len(inflight) == 0  # the fetcher finds attempts that only the database knows of


def test_a_row_that_another_transaction_holds_is_written_later_and_as_it_was(
    recorder: Recorder, database: Database, inflight: Inflight, finish: Callable[[], Finished]
) -> None:
    database.is_there = True
    held = finish()
    database.refused = {held.claim.id}
    database.refusal = of_the_database(OperationalError("canceled"), "57014")
    recorder.add(held)
    wait_until(lambda: database.refusals > 2 * PATIENCE, every=0.001)
    good = finish()
    recorder.add(good)
    wait_until(lambda: [good] in database.batches, every=0.001)
    assert len(inflight) == 1
    database.refused = set()
    wait_until(lambda: len(inflight) == 0, every=0.001)
    assert held in [one for batch in database.batches for one in batch]


def test_while_nothing_can_be_written_no_row_is_at_fault(
    recorder: Recorder, database: Database, inflight: Inflight, finish: Callable[[], Finished]
) -> None:
    one = finish()
    database.refused = {one.claim.id}
    database.refusal = of_the_database(InternalError("going down"), "XX000")
    recorder.add(one)
    wait_until(lambda: database.refusals > 3 * PATIENCE, every=0.001)
    database.refused = set()
    wait_until(lambda: len(inflight) == 0, every=0.001)
    assert database.batches == [[one]]


def test_what_a_lost_reply_had_already_written_is_not_called_dropped(
    recorder: Recorder,
    database: Database,
    inflight: Inflight,
    finish: Callable[[], Finished],
    caplog: pytest.LogCaptureFixture,
) -> None:
    one = finish()
    database.failures = [OperationalError("server closed the connection unexpectedly")]
    database.written_before = {one.claim.id}
    recorder.add(one)
    assert recorder.stop(20)
    assert "already written by a try whose reply was lost, or taken away" in caplog.text
    assert "dropped" not in caplog.text


def test_a_stop_writes_what_is_left(
    recorder: Recorder, database: Database, inflight: Inflight, finish: Callable[[], Finished]
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
    recorder: Recorder, database: Database, inflight: Inflight, finish: Callable[[], Finished]
) -> None:
    database.open.clear()
    recorder.add(finish())
    assert not recorder.stop(0.05)
    assert len(inflight) == 1


def test_a_stop_without_work_is_quick(recorder: Recorder, database: Database) -> None:
    assert recorder.stop(20)
    assert database.batches == []


def test_it_tries_again_as_soon_as_another_thread_finds_postgresql_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Slots go on at that moment; what they do must not wait for the end of a long backoff."""
    database, clock = Database(), FakeClock()
    monkeypatch.setattr(recorder_module, "jobs_record", database.record)
    monkeypatch.setattr(database_outage, "failed", lambda error: 5.0)
    monkeypatch.setattr(database_outage, "_since", 1.0)
    database.failures = [OperationalError("gone")]

    def found_well(stop: threading.Event, seconds: float) -> bool:
        clock.waits.append(seconds)
        clock.now += seconds
        if len(clock.waits) == 3:
            monkeypatch.setattr(database_outage, "_since", None)
        return False

    monkeypatch.setattr(clock, "wait", found_well)
    recorder = Recorder(Inflight(), clock, database.beat)
    recorder.start()
    recorder.add(Finished(make_claim(), Succeeded()))
    assert recorder.stop(20)
    assert len(database.batches) == 1
    assert clock.waits == pytest.approx([0.1] * 3)


def test_it_says_for_how_long_outcomes_have_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    database, clock = Database(), FakeClock()
    database.open.clear()
    monkeypatch.setattr(recorder_module, "jobs_record", database.record)
    recorder = Recorder(Inflight(), clock, database.beat)
    assert recorder.seconds_behind == 0
    recorder.start()
    recorder.add(Finished(make_claim(), Succeeded()))
    wait_until(lambda: recorder._writing_since is not None)
    clock.now += 0.7
    assert recorder.seconds_behind == pytest.approx(0.7)
    database.open.set()
    assert recorder.stop(20)
    assert recorder.seconds_behind == 0
