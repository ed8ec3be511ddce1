"""How many claims may wait behind the slots: measured, never guessed."""

from hypothesis import given
from hypothesis import strategies as st

from jobs.worker.execution.look_ahead import AHEAD_LIMIT, AHEAD_SECONDS, LookAhead


def test_before_the_first_run_nothing_waits() -> None:
    assert LookAhead(10).claims() == 0


def test_slow_handlers_hold_back_nothing() -> None:
    look_ahead = LookAhead(10)
    look_ahead.ran(AHEAD_SECONDS)
    assert look_ahead.claims() == 0


def test_fast_handlers_are_fed_in_batches() -> None:
    look_ahead = LookAhead(10)
    look_ahead.ran(0.001)
    assert look_ahead.claims() == 500  # 50 ms of work for ten slots


def test_handlers_that_take_no_time_are_bounded() -> None:
    look_ahead = LookAhead(10)
    look_ahead.ran(0.0)
    assert look_ahead.claims() == AHEAD_LIMIT


def test_one_slow_run_among_fast_ones_counts_by_its_weight() -> None:
    look_ahead = LookAhead(1)
    for _ in range(100):
        look_ahead.ran(0.001)
    before = look_ahead.claims()
    look_ahead.ran(0.1)
    assert 0 < look_ahead.claims() < before


def test_it_follows_a_change_of_mix() -> None:
    look_ahead = LookAhead(1)
    look_ahead.ran(0.001)
    for _ in range(100):
        look_ahead.ran(1.0)
    assert look_ahead.claims() == 0
    for _ in range(200):
        look_ahead.ran(0.001)
    assert look_ahead.claims() > 0


@given(st.integers(1, 100), st.lists(st.floats(0, 100)))
def test_it_is_never_negative_and_never_beyond_its_limit(slots: int, runs: list[float]) -> None:
    look_ahead = LookAhead(slots)
    for seconds in runs:
        look_ahead.ran(seconds)
    assert 0 <= look_ahead.claims() <= AHEAD_LIMIT
