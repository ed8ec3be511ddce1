"""Delayed ids that are due are moved to their lists, round by round."""

import pytest

from jobs.broker.redis import RedisBroker
from jobs.services.maintenance import promote
from jobs.services.maintenance.promote import jobs_promote_due
from jobs.services.maintenance.round import Round, run_rounds
from jobs.tests.claims import make_claim


def delay(broker: RedisBroker, count: int, seconds: float) -> None:
    broker.dispatch_later([(make_claim().message, seconds) for _ in range(count)])


def test_what_is_due_is_moved_round_by_round(
    broker: RedisBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promote, "PROMOTE_LIMIT", 2)
    delay(broker, 3, seconds=-1.0)
    delay(broker, 1, seconds=60.0)
    assert list(run_rounds(jobs_promote_due)) == [Round(2, is_full=True), Round(1)]
    depth = broker.depth(["default"])
    assert (sum(depth.ready.values()), depth.delayed) == (3, 1)


def test_nothing_is_due() -> None:
    assert jobs_promote_due() == Round()
