"""Every fetch asks whether Redis takes dispatches, however soon after the last one it comes."""

import pytest

from jobs.broker import redis as redis_module


@pytest.fixture(autouse=True)
def _asks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_module, "WRITABLE_SECONDS", 0.0)
