"""What a worker counts of its batches."""

import time
from typing import Any

import pytest

from jobs.core.finished import Finished
from jobs.core.ids import uuid7_floor
from jobs.core.outcome import CutOff, Failed, Lost, NotStarted, Outcome, Succeeded
from jobs.core.retry import Cancel, Die, Move, Requeue, Succeed
from jobs.core.states import DeathReason
from jobs.services.attempts import Recorded
from jobs.tests.claims import make_claim
from jobs.tests.errors import make_error
from jobs.worker.counts import Counts


def recorded(outcome: Outcome, move: Move, *, written: bool = True) -> Recorded:
    return Recorded(Finished(make_claim(queue="bulk"), outcome, 0.2), move, written)


@pytest.mark.parametrize(
    ("one", "name", "has_run"),
    [
        (recorded(Succeeded(), Succeed()), "succeeded", True),
        (recorded(Succeeded(recorded=True), None), "succeeded", True),
        (recorded(Failed(make_error()), Requeue(1.0, 1, 0)), "retried", True),
        (recorded(Failed(make_error(), 0.0), Requeue(0.0, 1, 0)), "retried", True),
        (recorded(NotStarted(15.0), Requeue(15.0, 0, 0)), "given_back", False),
        (recorded(CutOff(make_error()), Die(DeathReason.INTERRUPTED, 1, 0)), "dead", True),
        (recorded(Failed(make_error()), Cancel()), "cancelled", True),
        (recorded(Succeeded(), Succeed(), written=False), "fenced", True),
        (recorded(Lost(), None), "fenced", True),
    ],
)
def test_each_outcome_has_its_name(one: Recorded, name: str, has_run: bool) -> None:
    counts = Counts()
    counts.recorded([one, one])
    claim = one.finished.claim
    assert counts.ended == {("bulk", claim.type, name): 2}
    assert {queue: sum(times.counts) for queue, times in counts.run_times.items()} == (
        {"bulk": 2} if has_run else {}
    )


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Failed(make_error()), "failed"),
        (Failed(make_error(), 30.0), "asked"),
        (CutOff(make_error()), "cut_off"),
        (CutOff(make_error(), crashed=True), "crashed"),
    ],
)
def test_a_retry_has_its_reason_and_is_no_end(outcome: Outcome, reason: str) -> None:
    counts = Counts()
    counts.recorded([recorded(outcome, Requeue(1.0, 1, 0))])
    assert counts.retries == {("bulk", "tests.note", reason): 1}
    assert counts.whole_times == {}


def test_a_job_that_has_ended_took_so_long_since_it_was_accepted() -> None:
    counts = Counts()
    claim = make_claim(id=uuid7_floor(time.time() - 90))
    counts.recorded([Recorded(Finished(claim, Succeeded(), 0.2), Succeed(), True)])
    counts.recorded([recorded(Succeeded(), Succeed(), written=False)])
    [whole] = counts.whole_times.values()
    assert sum(whole.counts) == 1
    assert 89 < whole.sum < 120


def test_claims_are_counted_by_queue_and_type_with_their_waits() -> None:
    counts = Counts()
    waited: list[Any] = [{"waited_seconds": 0.2}, {"waited_seconds": 7.0}, {"queue": "bulk"}]
    counts.claims([make_claim(**one) for one in waited])
    counts.claims([make_claim()])
    assert sum(counts.claimed.values()) == 4
    assert counts.claimed["bulk", "tests.note"] == 1
    assert (counts.waits["default"].sum, sum(counts.waits["default"].counts)) == (7.2, 3)
    assert counts.claim_sizes.counts[:3] == [1, 0, 1]  # one alone, and one of three


def test_a_copy_stays_as_it_is() -> None:
    counts = Counts()
    counts.claims([make_claim()])
    counts.step("rescued", 2)
    copy = counts.copy()
    counts.claims([make_claim()])
    counts.took(counts.claim_seconds, 0.1)
    assert sum(copy.claimed.values()) == 1
    assert copy.done == {"rescued": 2}
    assert sum(copy.claim_seconds.counts) == 0
