"""The clock of Redis is asked now and then."""

from jobs.broker.time import ASK_SECONDS, RedisTime
from jobs.tests.fake_clock import FakeClock


def test_between_two_questions_our_own_clock_goes_on() -> None:
    clock, asked = FakeClock(), [(1_000, 500_000), (5_000, 0)]
    time = RedisTime(lambda: asked.pop(0), clock)
    assert time.now() == 1_000.5
    clock.sleep(ASK_SECONDS - 1)
    assert time.now() == 1_000.5 + ASK_SECONDS - 1
    clock.sleep(1)
    assert time.now() == 5_000  # it was set
    assert asked == []
