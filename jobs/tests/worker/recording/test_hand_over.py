"""The recorder hands slots over, and what was claimed for them runs in the same worker."""

from collections.abc import Iterator

import pytest
from django.db import DataError, OperationalError

from jobs.core.claim import Claimant, ClaimedJob
from jobs.core.finished import Finished
from jobs.core.ids import uuid7
from jobs.core.outage import database_outage
from jobs.core.outcome import Failed, Succeeded
from jobs.models.job_claims import HandedOver
from jobs.tests.claims import make_claim
from jobs.tests.fake_clock import FakeClock
from jobs.tests.steps import error
from jobs.tests.waiting import wait_until
from jobs.tests.worker.recording.fake_database import FakeDatabase
from jobs.worker.inflight import Inflight
from jobs.worker.recording import hand_over as hand_over_module
from jobs.worker.recording.hand_over import COMPANY_SECONDS, NOT_AGAIN_SECONDS, HandOver
from jobs.worker.recording.recorder import Recorder


class FakePastRedis:
    def __init__(self) -> None:
        self.taken: list[ClaimedJob] = []
        self.is_suspect = False
        self.idle_in_seconds = 0.0

    def claimant(self) -> Claimant:
        return Claimant(uuid7(), ["default"], 10)

    def take(self, claims: list[ClaimedJob]) -> None:
        self.taken += claims

    def suspect(self) -> None:
        self.is_suspect = True

    def seconds_to_idle(self) -> float:
        return self.idle_in_seconds


class FakeService:
    """Stands in for `slots_hand_over`."""

    def __init__(self) -> None:
        self.calls: list[list[Finished]] = []
        self.written = True
        self.next: list[ClaimedJob] = []
        self.error: Exception | None = None

    def __call__(
        self, *, finished: list[tuple[Finished, str]], claimant: Claimant | None
    ) -> HandedOver:
        self.calls.append([one for one, _ in finished])
        if self.error is not None:
            raise self.error
        if not self.written:
            return HandedOver(set(), [], [])
        return HandedOver({one.claim.id for one, _ in finished}, self.next, [])


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeService]:
    service = FakeService()
    monkeypatch.setattr(hand_over_module, "slots_hand_over", service)
    yield service
    database_outage.ended()


@pytest.fixture
def past_redis(recorder: Recorder) -> FakePastRedis:
    past_redis = FakePastRedis()
    recorder.hand_over_to(past_redis)  # type: ignore[arg-type]
    return past_redis


def limited(name: str = "queue:default") -> ClaimedJob:
    return make_claim(limits=f'["{name}"]')


def test_what_was_claimed_with_the_hand_over_runs_and_only_the_rest_is_recorded(
    recorder: Recorder,
    service: FakeService,
    past_redis: FakePastRedis,
    inflight: Inflight,
    database: FakeDatabase,
) -> None:
    free, one, failed = make_claim(), limited(), limited()
    inflight.add([free, one, failed])
    service.next = [limited()]
    outcomes = [Finished(free, Succeeded()), Finished(one, Succeeded())]
    outcomes.append(Finished(failed, Failed(error())))
    for each in outcomes:
        recorder.add(each)
    wait_until(lambda: not len(inflight))
    assert past_redis.taken == service.next
    assert [each for call in service.calls for each in call] == [outcomes[1]]
    assert {each.claim.id for batch in database.batches for each in batch} == {free.id, failed.id}
    assert recorder.count == 3


def test_jobs_without_limits_ask_for_no_hand_over(
    recorder: Recorder, service: FakeService, past_redis: FakePastRedis, inflight: Inflight
) -> None:
    claim = make_claim()
    inflight.add([claim])
    recorder.add(Finished(claim, Succeeded()))
    wait_until(lambda: not len(inflight))
    assert service.calls == []


@pytest.mark.parametrize("problem", [OperationalError("gone"), DataError("a row at fault")])
def test_after_an_error_claims_may_be_lost_and_the_outcome_is_recorded_all_the_same(
    recorder: Recorder,
    service: FakeService,
    past_redis: FakePastRedis,
    inflight: Inflight,
    database: FakeDatabase,
    caplog: pytest.LogCaptureFixture,
    problem: Exception,
) -> None:
    service.error = problem
    one = limited()
    inflight.add([one])
    database.written_before.add(one.id)  # the hand-over was committed, its reply lost
    recorder.add(Finished(one, Succeeded()))
    wait_until(lambda: not len(inflight))
    assert past_redis.is_suspect
    assert recorder.is_alive
    assert [record.event for record in caplog.records if hasattr(record, "event")] == [
        "slots.not_handed_over",
        "job.written_or_fenced",
    ]


def test_a_limit_that_hands_nothing_over_is_left_alone_for_a_while(
    service: FakeService, clock: FakeClock
) -> None:
    hand_over = HandOver(FakePastRedis(), Inflight(), clock)  # type: ignore[arg-type]
    service.written = False
    assert hand_over.write([Finished(limited("type:a"), Succeeded())]) == []
    assert hand_over.write([Finished(limited("type:a"), Succeeded())]) == []
    assert len(service.calls) == 1
    service.written = True
    assert len(hand_over.write([Finished(limited("type:b"), Succeeded())])) == 1
    clock.sleep(NOT_AGAIN_SECONDS)
    assert len(hand_over.write([Finished(limited("type:a"), Succeeded())])) == 1


def test_outcomes_that_are_a_moment_away_are_waited_for() -> None:
    past_redis = FakePastRedis()
    hand_over = HandOver(past_redis, Inflight(), FakeClock())  # type: ignore[arg-type]
    one = Finished(limited(), Succeeded())
    assert hand_over.seconds_to_wait(one, 0.0) == 0  # nothing runs
    past_redis.idle_in_seconds = COMPANY_SECONDS / 2
    assert hand_over.seconds_to_wait(one, COMPANY_SECONDS / 4) == COMPANY_SECONDS * 3 / 4
    assert hand_over.seconds_to_wait(one, COMPANY_SECONDS * 2) == 0
    assert hand_over.seconds_to_wait(Finished(make_claim(), Succeeded()), 0.0) == 0
    past_redis.idle_in_seconds = COMPANY_SECONDS * 2  # slow handlers
    assert hand_over.seconds_to_wait(one, 0.0) == 0
