"""Fixtures for every test of the app. Tests of Redis run against a real one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.broker import get_broker
from jobs.broker.redis import RedisBroker
from jobs.outage import ledger_outage, redis_outage


@pytest.fixture
def broker() -> RedisBroker:
    """The real broker, below the prefix of the tests."""
    broker = get_broker()
    assert isinstance(broker, RedisBroker)
    return broker


@pytest.fixture(autouse=True)
def clean_redis(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test sees another's keys or outages. Unit tests touch no Redis at all."""
    if "unit" in request.path.parts:
        yield
        return
    get_broker().forget_everything()
    yield
    redis_outage.ended()
    ledger_outage.ended()


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Notes":
    """Where the test job types leave their effects, in this process and its children."""
    notes = Notes(tmp_path / "notes")
    monkeypatch.setenv("NOTES_FILE", str(notes.path))
    return notes


class Notes:
    """The effects that were left: one line each."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> list[list[str]]:
        """Text, job id, attempt and worker of each effect."""
        if not self.path.exists():
            return []
        return [line.split() for line in self.path.read_text().splitlines()]

    def texts(self) -> list[str]:
        return [line[0] for line in self.lines()]
