"""An outage is logged, and its length when it ends."""

import logging

import pytest

from jobs.core.outage import BACKOFF_CAP_SECONDS, BACKOFF_FIRST_SECONDS, REASONS_MAX, Outage
from jobs.tests.fake_clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_it_is_logged_once_and_its_length_when_it_ends(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    outage = Outage("Redis", "broker", clock)
    for _ in range(5):
        outage.failed(ConnectionError("refused\nmore"))
        clock.now += 2.5
    outage.ended()
    outage.ended()
    assert [record.getMessage() for record in caplog.records] == [
        "Redis is unavailable, trying again: refused",
        "Redis is back after 12.5 s",
    ]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    unavailable, recovered = [vars(record) for record in caplog.records]
    assert (unavailable["event"], recovered["event"]) == ("broker.unavailable", "broker.recovered")
    assert recovered["seconds"] == 12.5


def test_another_reason_is_logged_once_it_lasts(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    outage = Outage("Redis", "broker", clock)
    for reason in ("cut", "refused", "wrong password", "refused", "wrong password", "cut"):
        outage.failed(ConnectionError(reason))
        clock.now += 2.5
    assert [record.getMessage() for record in caplog.records] == [
        "Redis is unavailable, trying again: cut",
        "Redis is still unavailable: wrong password",
        "Redis is still unavailable: refused",
    ]
    assert vars(caplog.records[-1])["event"] == "broker.still_unavailable"
    outage.ended()
    outage.failed(ConnectionError("cut"))
    assert caplog.records[-1].getMessage() == "Redis is unavailable, trying again: cut"


def test_reasons_that_change_all_the_time_do_not_fill_the_log(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    outage = Outage("Redis", "broker", clock)
    for number in range(50):
        outage.failed(ConnectionError(f"refused {number}"))
        clock.now += 2.5
    assert len(caplog.records) == REASONS_MAX


def test_the_next_one_is_logged_again(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage("Redis", "broker", clock)
    for _ in range(2):
        outage.failed(ConnectionError())
        outage.ended()
    assert len(caplog.records) == 4
    assert caplog.records[0].getMessage().endswith(": ConnectionError")


def test_the_end_of_nothing_is_not_logged(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    Outage("Redis", "broker", clock).ended()
    assert not caplog.records


def test_waits_double_up_to_the_cap_and_start_anew_after_the_end(clock: FakeClock) -> None:
    outage = Outage("Redis", "broker", clock)
    waits = [outage.failed(ConnectionError()) for _ in range(12)]
    for number, wait in enumerate(waits):
        longest = min(BACKOFF_FIRST_SECONDS * 2**number, BACKOFF_CAP_SECONDS)
        assert longest / 2 <= wait <= longest
    outage.ended()
    assert outage.failed(ConnectionError()) <= BACKOFF_FIRST_SECONDS


def test_it_says_how_long_not_to_ask_the_server(clock: FakeClock) -> None:
    outage = Outage("Redis", "broker", clock)
    assert not outage.is_on
    assert outage.seconds_to_next_try == 0
    wait = outage.failed(ConnectionError())
    assert outage.is_on
    assert outage.seconds_to_next_try == pytest.approx(wait)
    clock.now += wait + 0.001
    assert outage.seconds_to_next_try == 0
    assert outage.is_on  # until a try succeeds
    outage.ended()
    assert not outage.is_on
    assert outage.seconds_to_next_try == 0
