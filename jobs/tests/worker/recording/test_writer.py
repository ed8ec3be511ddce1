"""What happens when PostgreSQL is away, or does not take an outcome."""

from collections.abc import Callable

import pytest
from django.db import InterfaceError, InternalError, OperationalError
from psycopg import errors as psycopg_errors

from jobs.core.clock import SystemClock
from jobs.core.finished import Finished
from jobs.core.outage import database_outage
from jobs.core.outcome import Failed, Succeeded
from jobs.core.states import JobState
from jobs.tests.claims import make_claim
from jobs.tests.factories import make_job
from jobs.tests.fake_clock import FakeClock
from jobs.tests.steps import claim_one, error, stored
from jobs.tests.waiting import wait_until
from jobs.tests.worker.recording.fake_database import FakeDatabase
from jobs.worker.inflight import Inflight
from jobs.worker.recording import writer as writer_module
from jobs.worker.recording.recorder import Recorder
from jobs.worker.recording.writer import PATIENCE


def of_the_database(error: Exception, sqlstate: str) -> Exception:
    """As Django raises it: the driver's error is its cause."""
    error.__cause__ = psycopg_errors.lookup(sqlstate)("no")
    return error


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_asked_again_until_it_answers(
    error: type[Exception],
    recorder: Recorder,
    database: FakeDatabase,
    inflight: Inflight,
    clock: FakeClock,
    finish: Callable[[], Finished],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writer_module, "TICK_SECONDS", 60.0)  # each wait in one piece
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
    database: FakeDatabase,
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


def test_an_outcome_is_kept_while_no_memory_is_left(
    recorder: Recorder, database: FakeDatabase, inflight: Inflight, finish: Callable[[], Finished]
) -> None:
    """Handlers have taken it all, and give it back."""
    database.failures = [MemoryError(), OSError("Too many open files"), MemoryError()]
    one = finish()
    recorder.add(one)
    assert recorder.stop(20)
    assert database.batches == [[one]]
    assert len(inflight) == 0


def test_a_row_that_postgresql_cannot_take_is_told_from_an_outage(
    recorder: Recorder, database: FakeDatabase, inflight: Inflight, finish: Callable[[], Finished]
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
    recorder: Recorder, database: FakeDatabase, inflight: Inflight, finish: Callable[[], Finished]
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
    recorder: Recorder, database: FakeDatabase, inflight: Inflight, finish: Callable[[], Finished]
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
    database: FakeDatabase,
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


def test_it_tries_again_as_soon_as_another_thread_finds_postgresql_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Slots go on at that moment; what they do must not wait for the end of a long backoff."""
    database, clock = FakeDatabase(), FakeClock()
    monkeypatch.setattr(writer_module, "jobs_record", database.record)
    monkeypatch.setattr(database_outage, "failed", lambda error: 5.0)
    monkeypatch.setattr(database_outage, "_since", 1.0)
    database.failures = [OperationalError("gone")]

    def found_well(seconds: float) -> None:
        clock.waits.append(seconds)
        clock.now += seconds
        if len(clock.waits) == 3:
            monkeypatch.setattr(database_outage, "_since", None)

    monkeypatch.setattr(clock, "sleep", found_well)
    recorder = Recorder(Inflight(), clock, database.beat)
    recorder.start()
    recorder.add(Finished(make_claim(), Succeeded()))
    assert recorder.stop(20)
    assert len(database.batches) == 1
    assert clock.waits == pytest.approx([0.1] * 3)


@pytest.mark.django_db(transaction=True)
def test_an_outcome_that_cannot_be_stored_does_not_leave_the_job_running() -> None:
    job, other = make_job(), make_job()
    claims = [claim_one(job), claim_one(other)]
    unstorable = Failed(error() | {"message": "\x00"})
    recorder = Recorder(Inflight(), SystemClock(), lambda: None)
    recorder.start()
    recorder.add(Finished(claims[0], unstorable))
    recorder.add(Finished(claims[1], Failed(error())))
    assert recorder.stop(20)
    assert stored(other).state == JobState.QUEUED
    assert stored(job).state == JobState.QUEUED
