"""Rates and names of limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.core.limit import (
    LIMIT_NAME_MAX,
    Rate,
    checked_concurrency,
    key_limit_name,
    parse_rate,
    type_of_limit,
)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("100/m", Rate(100, 60.0, 2)),
        ("5/10s", Rate(5, 10.0, 1)),
        ("1000/s", Rate(1_000, 1.0, 1_000)),
        ("2/d", Rate(2, 86_400.0, 1)),
        ("36/2h", Rate(36, 7_200.0, 1)),
    ],
)
def test_rates(text: str, rate: Rate) -> None:
    assert parse_rate(text) == rate
    assert rate.as_text == text


def test_a_burst_may_be_given() -> None:
    assert parse_rate("100/m", 50).burst == 50


@pytest.mark.parametrize(
    "text",
    ["", "m", "100", "100/", "0/m", "-1/m", "1.5/m", "100/w", "1/0s", " 1/m", "9" * 99 + "/s"],
)
def test_what_is_no_rate_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"rate|beyond"):
        parse_rate(text)


@pytest.mark.parametrize("burst", [0, -1, True, 1.5, 10**9])
def test_bursts_that_make_no_sense(burst: int) -> None:
    with pytest.raises(ValueError, match="burst"):
        parse_rate("1/s", burst)


@pytest.mark.parametrize("value", [0, -1, True, "5", 1.0, 10**9])
def test_concurrencies_that_make_no_sense(value: object) -> None:
    with pytest.raises(ValueError, match="choose 1 to"):
        checked_concurrency(value)


@given(st.text(max_size=600))
def test_every_key_has_a_name_that_fits_and_leads_to_its_type(key: str) -> None:
    name = key_limit_name("send", key)
    assert len(name) <= LIMIT_NAME_MAX
    assert "\x00" not in name
    assert type_of_limit(name) == "send"


def test_a_queue_belongs_to_no_type() -> None:
    assert type_of_limit("queue:send") is None
    assert type_of_limit("type:send") == "send"
