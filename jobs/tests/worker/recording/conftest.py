"""A recorder before a database that does as a test says."""

from collections.abc import Callable, Iterator

import pytest

from jobs.core.finished import Finished
from jobs.core.outage import database_outage
from jobs.core.outcome import Succeeded
from jobs.tests.claims import make_claim
from jobs.tests.fake_clock import FakeClock
from jobs.tests.worker.recording.fake_database import FakeDatabase
from jobs.worker.inflight import Inflight
from jobs.worker.recording import writer as writer_module
from jobs.worker.recording.recorder import Recorder


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDatabase]:
    database = FakeDatabase()
    monkeypatch.setattr(writer_module, "jobs_record", database.record)
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
def recorder(database: FakeDatabase, inflight: Inflight, clock: FakeClock) -> Iterator[Recorder]:
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
