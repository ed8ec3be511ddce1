"""What an outcome means for the job, and how long it waits."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.core.outcome import (
    Cancelled,
    CutOff,
    Failed,
    FailedForGood,
    Lost,
    NotStarted,
    Outcome,
    Succeeded,
)
from jobs.core.retry import (
    LONGEST_WAIT_SECONDS,
    Budget,
    Cancel,
    Die,
    Move,
    Requeue,
    RetryPolicy,
    Succeed,
    decide,
    records_start,
)
from jobs.core.states import DeathReason, Effect
from jobs.tests.errors import make_error

ERROR = make_error()
FRESH = Budget(failures=0, crashes=0, max_retries=4)
SPENT = Budget(failures=4, crashes=0, max_retries=4)
ONE_CRASH_LEFT = Budget(failures=2, crashes=2, max_retries=4)

RETRIED = Requeue(1.0, failures=1, crashes=0)
RETRIED_AFTER_A_CRASH = Requeue(1.0, failures=1, crashes=1)
INTERRUPTED = Die(DeathReason.INTERRUPTED, failures=1, crashes=0)
INTERRUPTED_BY_A_CRASH = Die(DeathReason.INTERRUPTED, failures=1, crashes=1)


def decided(outcome: Outcome, effect: Effect, budget: Budget = FRESH) -> Move:
    return decide(outcome, budget, effect, RetryPolicy(), crash_limit=3)


@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize(
    ("outcome", "move"),
    [
        (Succeeded(), Succeed()),
        (Succeeded(recorded=True), None),
        (Failed(ERROR), RETRIED),
        (Failed(ERROR, after_seconds=7.5), Requeue(7.5, failures=1, crashes=0)),
        (Failed(ERROR, after_seconds=0.0), Requeue(0.0, failures=1, crashes=0)),
        (FailedForGood(ERROR), Die(DeathReason.PERMANENT, failures=1, crashes=0)),
        (NotStarted(), Requeue(0.0, failures=0, crashes=0)),
        (NotStarted(after_seconds=15.0), Requeue(15.0, failures=0, crashes=0)),
        (Cancelled(), Cancel()),
        (Lost(), None),
    ],
    ids=repr,
)
def test_what_is_known_is_decided_alike_for_every_effect(
    outcome: Outcome, move: Move, effect: Effect
) -> None:
    assert decided(outcome, effect) == move


@pytest.mark.parametrize(
    ("effect", "crashed", "move"),
    [
        (Effect.TRANSACTIONAL, False, RETRIED),
        (Effect.TRANSACTIONAL, True, RETRIED_AFTER_A_CRASH),
        (Effect.IDEMPOTENT, False, RETRIED),
        (Effect.IDEMPOTENT, True, RETRIED_AFTER_A_CRASH),
        (Effect.ONCE, False, INTERRUPTED),
        (Effect.ONCE, True, INTERRUPTED_BY_A_CRASH),
    ],
)
def test_what_a_cut_off_attempt_leads_to_is_declared_by_the_handler(
    effect: Effect, crashed: bool, move: Move
) -> None:
    assert decided(CutOff(ERROR, crashed=crashed), effect) == move


@pytest.mark.parametrize("effect", [Effect.TRANSACTIONAL, Effect.IDEMPOTENT])
def test_the_third_crash_is_a_crash_loop(effect: Effect) -> None:
    move = decided(CutOff(ERROR, crashed=True), effect, ONE_CRASH_LEFT)
    assert move == Die(DeathReason.CRASH_LOOP, failures=3, crashes=3)


@pytest.mark.parametrize("effect", [Effect.TRANSACTIONAL, Effect.IDEMPOTENT])
def test_an_unknown_outcome_takes_no_worker_down(effect: Effect) -> None:
    move = decided(CutOff(ERROR, crashed=False), effect, ONE_CRASH_LEFT)
    assert move == Requeue(4.0, failures=3, crashes=2)


@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize("after_seconds", [None, 60.0])
def test_a_failure_without_retries_left_is_death(
    effect: Effect, after_seconds: float | None
) -> None:
    move = decided(Failed(ERROR, after_seconds), effect, SPENT)
    assert move == Die(DeathReason.EXHAUSTED, failures=5, crashes=0)


def test_a_crash_counts_as_an_attempt() -> None:
    move = decided(CutOff(ERROR, crashed=True), Effect.IDEMPOTENT, SPENT)
    assert move == Die(DeathReason.EXHAUSTED, failures=5, crashes=1)


def test_the_waits_are_1_2_4_and_8_seconds_and_then_it_is_dead() -> None:
    waits = []
    budget = FRESH
    while isinstance(move := decided(Failed(ERROR), Effect.IDEMPOTENT, budget), Requeue):
        waits.append(move.delay_seconds)
        budget = Budget(move.failures, move.crashes, budget.max_retries)
    assert waits == [1.0, 2.0, 4.0, 8.0]
    assert move == Die(DeathReason.EXHAUSTED, failures=5, crashes=0)


def test_no_retries_means_one_attempt() -> None:
    budget = Budget(failures=0, crashes=0, max_retries=0)
    move = decided(Failed(ERROR), Effect.IDEMPOTENT, budget)
    assert move == Die(DeathReason.EXHAUSTED, failures=1, crashes=0)


@pytest.mark.parametrize("seconds", [float("inf"), float("nan"), 1e300, -1.0])
def test_a_wait_asked_for_by_a_handler_is_one_the_database_can_hold(seconds: float) -> None:
    move = decided(Failed(ERROR, after_seconds=seconds), Effect.IDEMPOTENT)
    assert isinstance(move, Requeue)
    assert 0 <= move.delay_seconds <= LONGEST_WAIT_SECONDS


policies = st.builds(
    RetryPolicy,
    base_seconds=st.floats(0, 1e6),
    factor=st.floats(1, 1e9),
    cap_seconds=st.floats(0, 1e7),
    jitter=st.floats(0, 5),
)
draws = st.floats(0, 1, exclude_max=True)


@given(policies, st.integers(1, 1_000_000), draws)
def test_a_wait_is_never_longer_than_the_cap_and_its_jitter(
    policy: RetryPolicy, failures: int, draw: float
) -> None:
    wait = policy.delay_seconds(failures, draw=lambda: draw)
    assert 0 <= wait <= policy.cap_seconds * (1 + policy.jitter)


@given(policies, st.integers(1, 100), draws)
def test_jitter_only_lengthens_a_wait_and_by_no_more_than_its_share(
    policy: RetryPolicy, failures: int, draw: float
) -> None:
    shortest = policy.delay_seconds(failures, draw=lambda: 0.0)
    wait = policy.delay_seconds(failures, draw=lambda: draw)
    assert shortest <= wait <= shortest * (1 + policy.jitter)


@given(policies, st.integers(1, 200))
def test_waits_never_get_shorter(policy: RetryPolicy, failures: int) -> None:
    def wait(count: int) -> float:
        return policy.delay_seconds(count, draw=lambda: 0.0)

    assert wait(failures) <= wait(failures + 1)


def test_jitter_is_drawn_anew_each_time() -> None:
    policy = RetryPolicy(jitter=0.5)
    assert len({policy.delay_seconds(1) for _ in range(20)}) > 1


@pytest.mark.parametrize("effect", [*Effect, None])
@pytest.mark.parametrize("failures", [0, 1, 2])
@pytest.mark.parametrize("crashes", [0, 1])
@pytest.mark.parametrize("max_retries", [0, 2])
def test_the_start_is_recorded_where_a_wrong_guess_costs_more_than_a_retry(
    effect: Effect | None, failures: int, crashes: int, max_retries: int
) -> None:
    budget = Budget(failures, crashes, max_retries)
    costs_more = (
        effect in (Effect.ONCE, None)  # it would wait for a person
        or crashes == 1  # it might be called a crash loop
        or failures >= max_retries  # it would be dead
    )
    assert records_start(effect, budget) is costs_more


class Odd(RetryPolicy):
    """A project's own policy, with a mistake."""

    answer: Any = None

    def delay_seconds(self, failures: int, draw: Callable[[], float] = lambda: 0.0) -> float:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "answer", [None, "soon", math.nan, ZeroDivisionError("mistake"), SystemExit(1)]
)
def test_a_policy_that_gives_no_seconds_is_replaced_by_the_default_one(
    answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    policy = type("Policy", (Odd,), {"answer": answer})()
    move = decide(Failed(ERROR), FRESH, Effect.IDEMPOTENT, policy, crash_limit=3)
    assert move == RETRIED
    assert "gives no number of seconds" in caplog.text


@pytest.mark.parametrize(
    ("asked", "seconds"), [("7.5", 7.5), (object(), 1.0), (10**400, LONGEST_WAIT_SECONDS)]
)
def test_a_handler_may_ask_for_anything(asked: Any, seconds: float) -> None:
    move = decided(Failed(ERROR, after_seconds=asked), Effect.IDEMPOTENT)
    assert move == Requeue(seconds, failures=1, crashes=0)
