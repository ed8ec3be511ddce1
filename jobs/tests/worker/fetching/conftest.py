"""A fetcher that waits briefly."""

import pytest

from jobs.models import Worker
from jobs.tests.factories import make_worker
from jobs.tests.open_pools import Bench
from jobs.worker.fetching import fetcher as fetcher_module
from jobs.worker.fetching import source as source_module


@pytest.fixture(autouse=True)
def brief_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "BLOCK_SECONDS", 0.05)
    monkeypatch.setattr(fetcher_module, "DATABASE_POLL_SECONDS", 0.01)


@pytest.fixture
def worker() -> Worker:
    return make_worker()


@pytest.fixture
def bench(worker: Worker) -> Bench:
    return Bench(worker)
