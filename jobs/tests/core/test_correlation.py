"""Traceparents: which are taken, and which are made."""

import pytest

from jobs.core.correlation import accepted_traceparent, trace_id_of, traceparent_of

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SENT = f"00-{TRACE}-{PARENT}-01"


def test_a_well_formed_one_is_taken() -> None:
    assert accepted_traceparent(SENT) == SENT
    assert trace_id_of("req-7", SENT) == TRACE
    assert traceparent_of("req-7", SENT) == SENT


def test_of_a_later_version_its_first_fields_are_taken() -> None:
    later = SENT.replace("00-", "01-", 1)
    assert accepted_traceparent(f"{later}-more") == accepted_traceparent(later) == later


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "x",
        SENT.upper(),
        f" {SENT}",
        f"{SENT} ",
        f"{SENT}-more",
        f"{SENT}0",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}",
        f"01-{TRACE}-{PARENT}-01more",
        f"00-{TRACE}-{PARENT}-\u0661\u0661",
    ],
)
def test_what_is_none_is_not_taken(sent: str) -> None:
    assert accepted_traceparent(sent) == ""


@pytest.mark.parametrize("request_id", [TRACE, "req-7", "0" * 32, "x" * 128])
def test_one_is_made_of_the_request_and_is_always_the_same(request_id: str) -> None:
    made = traceparent_of(request_id)

    assert accepted_traceparent(made) == made
    assert made == traceparent_of(request_id)
    assert (trace_id_of(request_id) == request_id) == (request_id == TRACE)


def test_without_a_request_there_is_none() -> None:
    assert traceparent_of("") == trace_id_of("") == ""
